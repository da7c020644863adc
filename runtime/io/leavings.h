/* What programs that died while they saved a file have left beside it. */
#ifndef MNN_IO_LEAVINGS_H
#define MNN_IO_LEAVINGS_H

/** Remove the temporary files of programs that died while they saved a file: "<path>.tmp-<pid>-<n>" (a long path is
 *  cut: mnn_place_stem()), which nobody has locked. What cannot be removed stays. */
void mnn_leavings_remove(const char *path);

#endif
