static const mnn_tensor tensors[] = {
    {"dense.kernel", 2, {16, 6}, 0, 96, true, MNN_INIT_TRUNCATED_NORMAL, 0.0, 0.4019361942869827, {0}},
    {"dense.bias", 1, {6}, 96, 6, true, MNN_INIT_ONES, 0.0, 0.0, {0}},
    {"dense_1.kernel", 2, {6, 6}, 102, 36, true, MNN_INIT_TRUNCATED_NORMAL, 0.0, 0.46411593993728634, {0}},
    {"dense_1.bias", 1, {6}, 138, 6, true, MNN_INIT_CONSTANT, 0.1, 0.0, {0}},
    {"dense_2.kernel", 2, {6, 6}, 144, 36, true, MNN_INIT_UNIFORM, -0.7071067811865476, 0.7071067811865476, {0}},
    {"dense_2.bias", 1, {6}, 180, 6, true, MNN_INIT_NORMAL, 0.0, 0.05, {0}},
    {"dense_3.kernel", 2, {6, 6}, 186, 36, true, MNN_INIT_TRUNCATED_NORMAL, 0.0, 0.46411593993728634, {0}},
    {"dense_3.bias", 1, {6}, 222, 6, true, MNN_INIT_UNIFORM, -1.0, 1.0, {0}},
    {"dense_4.kernel", 2, {6, 4}, 228, 24, true, MNN_INIT_UNIFORM, -1.0, 1.0, {0}},
    {"dense_4.bias", 1, {4}, 252, 4, true, MNN_INIT_ZEROS, 0.0, 0.0, {0}},
};
