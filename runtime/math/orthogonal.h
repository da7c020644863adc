/* Orthonormal vectors. */
#ifndef MNN_MATH_ORTHOGONAL_H
#define MNN_MATH_ORTHOGONAL_H

/** Vectors stored in a matrix: its rows or its columns. */
typedef struct mnn_vectors {
    float *first;
    int count, length; /* count <= length */
    int element_step;  /* stride between elements of a vector */
    int vector_step;   /* stride between vectors */
} mnn_vectors;

/** Make linearly independent vectors orthonormal, each in the space of those up to it and on its side of that
 *  of those before it, times gain: the Q of the QR decomposition whose R has a positive diagonal.
 *  Gram and Schmidt's method, done twice: what the first pass leaves by rounding is gone after the second
 *  (Giraud, Langou, Rozloznik 2005). */
void mnn_orthonormalize(const mnn_vectors *vectors, double gain);

#endif
