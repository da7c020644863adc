/* penalty: the regularizers of all parameters, added to the loss of every sample; its cost is per step and not per
 * sample */
#include "layers/layer.h"
#include "layers/shape.h"

const layer_kind layer_penalty = {.shape = shape_scalar};
