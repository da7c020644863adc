/* All of the runtime that generated code uses. */
#ifndef MNN_MNN_H
#define MNN_MNN_H

#include "mnn/abi.h"
#include "mnn/augment.h"
#include "mnn/fma.h"
#include "mnn/gemm.h"
#include "mnn/model.h"
#include "mnn/product.h"
#include "mnn/profile.h"
#include "mnn/rng.h"
#include "mnn/skip.h"
#include "mnn/sums.h"
#include "mnn/tree.h"
#include "mnn/windows.h"
#include "mnn/worker.h"

#endif
