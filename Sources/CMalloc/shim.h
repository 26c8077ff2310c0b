// glibc's settings of malloc, which Swift's module of it leaves out.
#ifndef CMALLOC_SHIM_H
#define CMALLOC_SHIM_H

#include <malloc.h>

// At most so many heaps; before the second thread.
static inline int cmalloc_set_most_arenas(int most) { return mallopt(M_ARENA_MAX, most); }

#endif
