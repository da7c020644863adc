" Vim syntax file: descriptions of neural networks for mnnc (.mnn)
" Made by "make editors" from editors/templates/syntax.vim; change that file.
if exists('b:current_syntax')
  finish
endif

" What is defined later wins where several fit.
syntax match mnnValue /\<\%(sparse_categorical_crossentropy\|SparseCategoricalCrossentropy\|categorical_crossentropy\|CategoricalCrossentropy\|OrthogonalInitializer\|mean_squared_error\|MeanSquaredError\|glorot_uniform\|random_uniform\|GlorotUniform\|RandomUniform\|glorot_normal\|lecun_uniform\|random_normal\|GlorotNormal\|LecunUniform\|RandomNormal\|lecun_normal\|LecunNormal\|Orthogonal\|he_uniform\|leaky_relu\|orthogonal\|HeUniform\|he_normal\|Constant\|HeNormal\|accuracy\|constant\|RMSProp\|RMSprop\|Softmax\|rmsprop\|sigmoid\|softmax\|linear\|Zeros\|l1_l2\|split\|swish\|train\|valid\|zeros\|Adam\|L1L2\|Ones\|ReLU\|adam\|gelu\|ones\|relu\|same\|silu\|tanh\|test\|SGD\|acc\|elu\|idx\|mse\|sgd\|L1\|L2\|l1\|l2\)\>/
syntax match mnnConstant /^\h\w*\ze\s*=/
syntax match mnnArgument /\<\%(depthwise_initializer\|depthwise_regularizer\|kernel_initializer\|kernel_regularizer\|standard_deviation\|bias_initializer\|bias_regularizer\|depth_multiplier\|negative_slope\|dilation_rate\|learning_rate\|target_shape\|approximate\|input_shape\|kernel_size\|num_classes\|activation\|batch_size\|validation\|optimizer\|pool_size\|dilation\|fraction\|momentum\|nesterov\|use_bias\|epsilon\|filters\|metrics\|padding\|shuffle\|strides\|beta_1\|beta_2\|epochs\|groups\|images\|labels\|maxval\|minval\|stddev\|alpha\|shape\|train\|units\|value\|gain\|loss\|mean\|name\|rate\|seed\|test\|rho\|set\|std\|l1\|l2\|lr\|k\|n\)\>\ze\s*=/
syntax match mnnSetting /^\s\+\zs\%(batch_size\|validation\|optimizer\|metrics\|shuffle\|epochs\|train\|loss\|seed\|test\)\>\ze\s*=/
syntax match mnnCall /\<\%(global_average_pooling2d\|GlobalAveragePooling2D\|average_pooling2d\|AveragePooling2D\|depthwise_conv2d\|global_avgpool2d\|DepthwiseConv2D\|GlobalAvgPool2D\|to_categorical\|Convolution2D\|max_pooling2d\|MaxPooling2D\|Activation\|InputLayer\|activation\|AvgPool2D\|MaxPool2D\|avgpool2d\|maxpool2d\|normalize\|Dropout\|Flatten\|Reshape\|dropout\|flatten\|one_hot\|reshape\|Conv2D\|conv2d\|Dense\|Input\|dense\|input\|limit\|scale\)\>\ze\s*(/
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
