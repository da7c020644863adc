autocmd BufRead,BufNewFile *.mnn setfiletype mnn
