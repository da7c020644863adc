" Vim syntax file: descriptions of neural networks for mnnc (.mnn)
" Made by "make editors" from editors/templates/syntax.vim; change that file.
if exists('b:current_syntax')
  finish
endif

" What is defined later wins where several fit.
syntax match mnnValue /\<\%(sparse_categorical_crossentropy\|SparseCategoricalCrossentropy\|categorical_crossentropy\|CategoricalCrossentropy\|binary_crossentropy\|mean_absolute_error\|BinaryCrossentropy\|mean_squared_error\|MeanAbsoluteError\|MeanSquaredError\|glorot_uniform\|random_uniform\|GlorotUniform\|RandomUniform\|glorot_normal\|lecun_uniform\|random_normal\|GlorotNormal\|LecunUniform\|RandomNormal\|lecun_normal\|LecunNormal\|he_uniform\|validation\|HeUniform\|he_normal\|Constant\|HeNormal\|accuracy\|constant\|RMSProp\|RMSprop\|Softmax\|rmsprop\|sigmoid\|softmax\|linear\|Hinge\|Huber\|Zeros\|hinge\|huber\|split\|train\|valid\|zeros\|Adam\|Ones\|ReLU\|adam\|ones\|relu\|same\|tanh\|test\|SGD\|acc\|idx\|mae\|mse\|sgd\)\>/
syntax match mnnConstant /^\h\w*\ze\s*=/
syntax match mnnArgument /\<\%(kernel_initializer\|standard_deviation\|bias_initializer\|label_smoothing\|learning_rate\|target_shape\|input_shape\|kernel_size\|num_classes\|activation\|batch_size\|validation\|optimizer\|pool_size\|fraction\|momentum\|nesterov\|use_bias\|degrees\|epsilon\|filters\|metrics\|padding\|shuffle\|strides\|beta_1\|beta_2\|epochs\|images\|labels\|maxval\|minval\|pixels\|stddev\|delta\|shape\|train\|units\|value\|loss\|mean\|name\|rate\|seed\|test\|rho\|set\|std\|lr\|f\|k\|n\)\>\ze\s*=/
syntax match mnnSetting /^\s\+\zs\%(batch_size\|validation\|optimizer\|metrics\|shuffle\|epochs\|train\|loss\|seed\|test\)\>\ze\s*=/
syntax match mnnCall /\<\%(average_pooling2d\|AveragePooling2D\|augment_rotate\|to_categorical\|Convolution2D\|augment_noise\|augment_shift\|max_pooling2d\|MaxPooling2D\|augment_zoom\|Activation\|InputLayer\|activation\|AvgPool2D\|MaxPool2D\|avgpool2d\|maxpool2d\|normalize\|Dropout\|Flatten\|Reshape\|dropout\|flatten\|one_hot\|reshape\|Conv2D\|conv2d\|Dense\|Input\|dense\|input\|limit\|scale\)\>\ze\s*(/
syntax match mnnStructure /\<\%(residual\|repeat\)\>\ze\s*[({]/
syntax match mnnBlock /^\s*\zs\%(block\|model\|train\|data\)\>\ze\%(\s\+\h\w*\)\?\s*\%((.*)\s*\)\?{/
syntax keyword mnnBoolean true false none
syntax match mnnNumber /\<\d\+\%(\.\d*\)\?\%([eE][-+]\?\d\+\)\?\>/
syntax match mnnNumber /\.\d\+\%([eE][-+]\?\d\+\)\?\>/
syntax match mnnOperator /\*\*\|[-+*\/=]/
syntax match mnnEscape contained /\\\%(["\\nt]\|x\x\{2}\|u\x\{4}\)/
syntax region mnnString start=/"/ skip=/\\./ end=/"/ oneline contains=mnnEscape
syntax match mnnComment /#.*$/ contains=@Spell

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
