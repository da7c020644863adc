static const char *const class_names[] = {
    "a",
    "b\012",
    "\077\077/",
};
