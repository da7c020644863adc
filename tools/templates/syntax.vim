" Vim syntax file: descriptions of neural networks for mnnc (.mnn)
" Made by "make editors" from tools/templates/syntax.vim; change that file.
if exists('b:current_syntax')
  finish
endif

" What is defined later wins where several fit.
syntax match mnnValue /\<\%(@vim others@\)\>/
syntax match mnnConstant /^\h\w*\ze\s*=/
syntax match mnnArgument /\<\%(@vim arguments@\)\>\ze\s*=/
syntax match mnnSetting /^\s\+\zs\%(@vim data settings+train settings@\)\>\ze\s*=/
syntax match mnnCall /\<\%(@vim layers+steps@\)\>\ze\s*(/
syntax match mnnStructure /\<\%(@vim structures@\)\>\ze\s*[({]/
syntax match mnnBlock /^\s*\zs\%(@vim blocks@\)\>\ze\%(\s\+\h\w*\)\?\s*\%((.*)\s*\)\?{/
syntax keyword mnnBoolean true false none True False None
syntax match mnnNumber /\<\d\+\%(\.\d*\)\?\%([eE][-+]\?\d\+\)\?\>/
syntax match mnnNumber /\.\d\+\%([eE][-+]\?\d\+\)\?\>/
syntax match mnnOperator /\*\*\|[-+*\/=]/
syntax match mnnEscape contained /\\\%(["'\\nt]\|x\x\{2}\|u\x\{4}\)/
syntax region mnnString start=/"/ skip=/\\./ end=/"/ oneline contains=mnnEscape
syntax region mnnString start=/'/ skip=/\\./ end=/'/ oneline contains=mnnEscape
syntax match mnnComment /#.*$/ contains=@Spell
syntax match mnnComment /\%(^\|[[:space:]{},;]\)\zs\/\/.*$/ contains=@Spell

highlight default link mnnValue Constant
highlight default link mnnConstant Identifier
highlight default link mnnArgument Identifier
highlight default link mnnSetting Type
highlight default link mnnCall Function
highlight default link mnnStructure Repeat
highlight default link mnnBlock Structure
highlight default link mnnBoolean Boolean
highlight default link mnnNumber Number
highlight default link mnnOperator Operator
highlight default link mnnEscape SpecialChar
highlight default link mnnString String
highlight default link mnnComment Comment

let b:current_syntax = 'mnn'
