" Vim syntax file: descriptions of neural networks for mnnc (.mnn)
" Made by "make editors" from editors/templates/syntax.vim; change that file.
if exists('b:current_syntax')
  finish
endif

" What is defined later wins where several fit.
syntax match mnnValue /\<\%(sparse_top_k_categorical_accuracy\|sparse_categorical_crossentropy\|SparseCategoricalCrossentropy\|SparseTopKCategoricalAccuracy\|sparse_categorical_accuracy\|top_k_categorical_accuracy\|SparseCategoricalAccuracy\|categorical_crossentropy\|piecewise_constant_decay\|CategoricalCrossentropy\|TopKCategoricalAccuracy\|PiecewiseConstantDecay\|categorical_accuracy\|reduce_lr_on_plateau\|CategoricalAccuracy\|binary_crossentropy\|mean_absolute_error\|BinaryCrossentropy\|mean_squared_error\|piecewise_constant\|MeanAbsoluteError\|ReduceLROnPlateau\|exponential_decay\|ExponentialDecay\|MeanSquaredError\|confusion_matrix\|polynomial_decay\|ConfusionMatrix\|ModelCheckpoint\|PolynomialDecay\|early_stopping\|glorot_uniform\|random_uniform\|EarlyStopping\|GlorotUniform\|RandomUniform\|glorot_normal\|lecun_uniform\|random_normal\|GlorotNormal\|LecunUniform\|RandomNormal\|cosine_decay\|lecun_normal\|CosineDecay\|LecunNormal\|OneCycleLR\|checkpoint\|csv_logger\|he_uniform\|step_decay\|CSVLogger\|HeUniform\|Precision\|StepDecay\|he_normal\|one_cycle\|piecewise\|precision\|Constant\|HeNormal\|OneCycle\|accuracy\|constant\|f1_score\|Adagrad\|F1Score\|RMSProp\|RMSprop\|Softmax\|adagrad\|rmsprop\|sigmoid\|softmax\|Recall\|linear\|recall\|AdamW\|Hinge\|Huber\|Nadam\|Zeros\|adamw\|hinge\|huber\|nadam\|split\|top_k\|train\|valid\|zeros\|Adam\|Ones\|ReLU\|adam\|auto\|ones\|relu\|same\|tanh\|test\|SGD\|acc\|idx\|mae\|max\|min\|mse\|sgd\|f1\)\>/
syntax match mnnConstant /^\h\w*\ze\s*=/
syntax match mnnArgument /\<\%(initial_accumulator_value\|initial_learning_rate\|restore_best_weights\|kernel_initializer\|standard_deviation\|end_learning_rate\|max_learning_rate\|bias_initializer\|final_div_factor\|start_from_epoch\|global_clipnorm\|label_smoothing\|learning_rate\|warmup_target\|target_shape\|warmup_steps\|weight_decay\|decay_steps\|input_shape\|kernel_size\|num_classes\|total_steps\|activation\|batch_size\|boundaries\|decay_rate\|div_factor\|validation\|clipvalue\|min_delta\|optimizer\|pct_start\|pool_size\|staircase\|clipnorm\|cooldown\|filename\|filepath\|fraction\|momentum\|nesterov\|patience\|use_bias\|epsilon\|filters\|metrics\|monitor\|padding\|shuffle\|strides\|beta_1\|beta_2\|epochs\|factor\|images\|labels\|max_lr\|maxval\|min_lr\|minval\|stddev\|values\|alpha\|cycle\|delta\|every\|power\|shape\|train\|units\|value\|loss\|mean\|mode\|name\|path\|rate\|seed\|test\|rho\|set\|std\|lr\|k\|n\)\>\ze\s*=/
syntax match mnnSetting /^\s\+\zs\%(batch_size\|validation\|optimizer\|metrics\|shuffle\|epochs\|train\|loss\|seed\|test\)\>\ze\s*=/
syntax match mnnCall /\<\%(average_pooling2d\|AveragePooling2D\|to_categorical\|Convolution2D\|max_pooling2d\|MaxPooling2D\|Activation\|InputLayer\|activation\|AvgPool2D\|MaxPool2D\|avgpool2d\|maxpool2d\|normalize\|Dropout\|Flatten\|Reshape\|dropout\|flatten\|one_hot\|reshape\|Conv2D\|conv2d\|Dense\|Input\|dense\|input\|limit\|scale\)\>\ze\s*(/
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
