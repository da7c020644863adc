" Vim indent file for .mnn: what stands between brackets or braces is indented by one step.
if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=MnnIndent() indentkeys=0},0),0],o,O,!^F
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*MnnIndent')
  finish
endif

" A line without strings and comments
function s:Bare(number) abort
  return substitute(substitute(getline(a:number), '"\%(\\.\|[^"\\]\)*"', '""', 'g'), '#.*$', '', '')
endfunction

" How many more brackets a line opens than it closes, after those that it begins with
function s:Opened(number) abort
  let line = substitute(s:Bare(a:number), '^\s*[])}]\+', '', '')
  return strlen(substitute(line, '[^[({]', '', 'g')) - strlen(substitute(line, '[^])}]', '', 'g'))
endfunction

function MnnIndent() abort
  let previous = prevnonblank(v:lnum - 1)
  if previous == 0
    return 0
  endif
  let indent = indent(previous)
  let opened = s:Opened(previous)
  if opened > 0
    let indent += shiftwidth()
  elseif opened < 0
    let indent -= shiftwidth()
  endif
  if s:Bare(v:lnum) =~# '^\s*[])}]'
    let indent -= shiftwidth()
  endif
  return max([indent, 0])
endfunction
