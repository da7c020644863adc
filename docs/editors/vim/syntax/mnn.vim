" Vim syntax file: descriptions of neural networks for mnnc (.mnn)
" Made by "make editors" from tools/templates/syntax.vim; change that file.
if exists('b:current_syntax')
  finish
endif

" What is defined later wins where several fit.
syntax match mnnValue /\<\%(sparse_top_k_categorical_accuracy\|sparse_categorical_crossentropy\|SparseCategoricalCrossentropy\|SparseTopKCategoricalAccuracy\|sparse_categorical_accuracy\|top_k_categorical_accuracy\|SparseCategoricalAccuracy\|categorical_crossentropy\|piecewise_constant_decay\|CategoricalCrossentropy\|TopKCategoricalAccuracy\|PiecewiseConstantDecay\|OrthogonalInitializer\|cosine_decay_restarts\|categorical_accuracy\|reduce_lr_on_plateau\|CategoricalAccuracy\|CosineDecayRestarts\|binary_crossentropy\|mean_absolute_error\|BinaryCrossentropy\|inverse_time_decay\|mean_squared_error\|piecewise_constant\|MeanAbsoluteError\|ReduceLROnPlateau\|exponential_decay\|ExponentialDecay\|InverseTimeDecay\|MeanSquaredError\|confusion_matrix\|polynomial_decay\|ConfusionMatrix\|ModelCheckpoint\|PolynomialDecay\|early_stopping\|glorot_uniform\|random_uniform\|EarlyStopping\|GlorotUniform\|RandomUniform\|glorot_normal\|lecun_uniform\|random_normal\|GlorotNormal\|LecunUniform\|RandomNormal\|cosine_decay\|hard_sigmoid\|lecun_normal\|CosineDecay\|LecunNormal\|categorical\|exponential\|unit_forget\|OneCycleLR\|Orthogonal\|checkpoint\|csv_logger\|hard_swish\|he_uniform\|leaky_relu\|orthogonal\|read_table\|step_decay\|stratified\|validation\|CSVLogger\|HeUniform\|LeakyReLU\|Precision\|StepDecay\|hard_silu\|he_normal\|one_cycle\|piecewise\|precision\|AdaDelta\|Adadelta\|Constant\|HeNormal\|OneCycle\|accuracy\|adadelta\|category\|cifar100\|constant\|f1_score\|read_csv\|shuffled\|softplus\|softsign\|Adagrad\|F1Score\|RMSProp\|RMSprop\|Softmax\|adagrad\|cifar10\|numeric\|rmsprop\|sigmoid\|softmax\|AdaMax\|Adamax\|Recall\|adamax\|ignore\|linear\|number\|recall\|AdamW\|Hinge\|Huber\|Nadam\|ReLU6\|Zeros\|adamw\|hinge\|huber\|l1_l2\|nadam\|relu6\|split\|swish\|top_k\|train\|valid\|zeros\|Adam\|L1L2\|Lion\|Ones\|ReLU\|adam\|auto\|gelu\|last\|lion\|mish\|ones\|relu\|same\|selu\|silu\|tanh\|test\|zero\|ELU\|SGD\|acc\|csv\|elu\|idx\|mae\|max\|min\|mse\|npy\|npz\|one\|sgd\|tsv\|L1\|L2\|f1\|l1\|l2\)\>/
syntax match mnnConstant /^\h\w*\ze\s*=/
syntax match mnnArgument /\<\%(initial_accumulator_value\|depthwise_initializer\|depthwise_regularizer\|initial_learning_rate\|recurrent_initializer\|recurrent_regularizer\|recurrent_activation\|restore_best_weights\|kernel_initializer\|kernel_regularizer\|standard_deviation\|alpha_initializer\|end_learning_rate\|first_decay_steps\|gamma_initializer\|max_learning_rate\|beta_initializer\|bias_initializer\|bias_regularizer\|depth_multiplier\|final_div_factor\|return_sequences\|start_from_epoch\|global_clipnorm\|label_smoothing\|negative_slope\|dilation_rate\|interpolation\|learning_rate\|warmup_target\|go_backwards\|target_shape\|warmup_steps\|weight_decay\|approximate\|decay_steps\|input_shape\|kernel_size\|num_classes\|shared_axes\|total_steps\|activation\|batch_size\|boundaries\|decay_rate\|div_factor\|validation\|clipvalue\|direction\|fill_mode\|min_delta\|normalize\|optimizer\|pct_start\|pool_size\|separator\|staircase\|centered\|channels\|clipnorm\|cooldown\|cropping\|dilation\|filename\|filepath\|fraction\|momentum\|nesterov\|patience\|together\|use_bias\|amsgrad\|classes\|decimal\|degrees\|epsilon\|filters\|metrics\|missing\|monitor\|padding\|project\|samples\|shuffle\|strides\|beta_1\|beta_2\|center\|coarse\|column\|epochs\|factor\|groups\|header\|ignore\|images\|inputs\|labels\|max_lr\|maxval\|min_lr\|minval\|offset\|pixels\|shards\|stddev\|target\|values\|alpha\|cycle\|delta\|every\|first\|m_mul\|order\|power\|scale\|shape\|t_mul\|train\|units\|value\|axes\|axis\|dims\|gain\|high\|loss\|mean\|mode\|name\|path\|rare\|rate\|seed\|size\|test\|low\|per\|rho\|set\|std\|l1\|l2\|lr\|f\|k\|n\|x\|y\)\>\ze\s*=/
syntax match mnnSetting /^\s\+\zs\%(batch_size\|num_epochs\|validation\|optimizer\|n_epochs\|nb_epoch\|metrics\|shuffle\|epochs\|shards\|batch\|epoch\|train\|loss\|seed\|test\)\>\ze\s*=/
syntax match mnnCall /\<\%(global_average_pooling1d\|global_average_pooling2d\|Convolution1DTranspose\|Convolution2DTranspose\|GlobalAveragePooling1D\|GlobalAveragePooling2D\|global_max_pooling1d\|global_max_pooling2d\|batch_normalization\|group_normalization\|layer_normalization\|BatchNormalization\|GlobalMaxPooling1D\|GlobalMaxPooling2D\|GroupNormalization\|LayerNormalization\|unit_normalization\|UnitNormalization\|average_pooling1d\|average_pooling2d\|rms_normalization\|AveragePooling1D\|AveragePooling2D\|RMSNormalization\|conv1d_transpose\|conv2d_transpose\|depthwise_conv2d\|global_avgpool1d\|global_avgpool2d\|global_maxpool1d\|global_maxpool2d\|Conv1DTranspose\|Conv2DTranspose\|Deconvolution2D\|DepthwiseConv2D\|GlobalAvgPool1D\|GlobalAvgPool2D\|GlobalMaxPool1D\|GlobalMaxPool2D\|augment_rotate\|depth_to_space\|to_categorical\|zero_padding1d\|zero_padding2d\|Convolution1D\|Convolution2D\|ZeroPadding1D\|ZeroPadding2D\|augment_noise\|augment_shift\|max_pooling1d\|max_pooling2d\|pixel_shuffle\|repeat_vector\|up_sampling1d\|up_sampling2d\|MaxPooling1D\|MaxPooling2D\|PixelShuffle\|RepeatVector\|UpSampling1D\|UpSampling2D\|augment_flip\|augment_zoom\|Concatenate\|concatenate\|random_flip\|standardize\|Activation\|Cropping1D\|Cropping2D\|InputLayer\|RandomFlip\|activation\|cropping1d\|cropping2d\|simple_rnn\|upsample1d\|upsample2d\|AvgPool1D\|AvgPool2D\|MaxPool1D\|MaxPool2D\|Rescaling\|SimpleRNN\|avgpool1d\|avgpool2d\|batchnorm\|groupnorm\|layernorm\|maxpool1d\|maxpool2d\|normalize\|transpose\|unit_norm\|Multiply\|Subtract\|multiply\|subtract\|Average\|Dropout\|Flatten\|Maximum\|Permute\|Reshape\|average\|columns\|dropout\|flatten\|maximum\|one_hot\|permute\|rescale\|reshape\|rmsnorm\|Conv1D\|Conv2D\|concat\|conv1d\|conv2d\|crop1d\|crop2d\|labels\|minmax\|Dense\|Input\|PReLU\|dense\|input\|limit\|pad1d\|pad2d\|prelu\|scale\|LSTM\|crop\|lstm\|Add\|Dot\|GRU\|add\|dot\|gru\)\>\ze\s*(/
syntax match mnnStructure /\<\%(residual\|repeat\)\>\ze\s*[({]/
syntax match mnnBlock /^\s*\zs\%(block\|model\|train\|data\)\>\ze\%(\s\+\h\w*\)\?\s*\%((.*)\s*\)\?{/
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
