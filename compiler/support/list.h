/* Singly linked lists of arena memory, whose nodes have a member "next". */
#ifndef MNNC_SUPPORT_LIST_H
#define MNNC_SUPPORT_LIST_H

/** Append a node.
 *  @param first, last  the ends of the list; last is NULL if it is empty */
#define LIST_APPEND(first, last, node)                                                                                 \
    do {                                                                                                               \
        if (last)                                                                                                      \
            (last)->next = (node);                                                                                     \
        else                                                                                                           \
            (first) = (node);                                                                                          \
        (last) = (node);                                                                                               \
    } while (0)

#endif
