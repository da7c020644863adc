" Writes which group of the syntax file each place of a file gets: "LINE:COLUMN GROUP" for the places in g:places.
" Usage: vim -es -u NONE -N -c 'set rtp^=docs/editors/vim' -c 'source highlight.vim' FILE
syntax on
filetype plugin indent on
edit
let s:out = []
for s:place in split($PLACES)
  let [s:line, s:column] = split(s:place, ':')
  call add(s:out, s:place . ' ' . synIDattr(synID(s:line, s:column, 1), 'name'))
endfor
call writefile(s:out, $HIGHLIGHTED)
" the whole file indented again must be what it was
normal! gg=G
execute 'write! ' . fnameescape($INDENTED)
quitall!
