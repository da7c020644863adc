/* The part of math.h that inference code and runtime/data use, without a C library: WebAssembly instructions, and
 * functions of JavaScript's Math, which page.js provides. There is no erff(), which gelu would need. */
#ifndef MATH_H
#define MATH_H

#define floor __builtin_floor
#define ceil __builtin_ceil
#define fabs __builtin_fabs
#define fabsf __builtin_fabsf
#define sqrtf __builtin_sqrtf

__attribute__((import_module("Math"), import_name("exp"))) float expf(float x);
__attribute__((import_module("Math"), import_name("expm1"))) float expm1f(float x);
__attribute__((import_module("Math"), import_name("log1p"))) float log1pf(float x);
__attribute__((import_module("Math"), import_name("tanh"))) float tanhf(float x);

#endif
