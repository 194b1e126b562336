/* The kernels as compiled into this program, by name: what in-process learners made by tcc are bound to. */
#ifndef ELIGO_RUNTIME_KERNELS_H
#define ELIGO_RUNTIME_KERNELS_H

typedef void (*KernelFunction)(void); /* cast to the kernel's own type before calling */

typedef struct Kernel {
    const char *name; /* "kernel_gemv": as learners call it */
    KernelFunction float_function, double_function;
} Kernel;

extern const Kernel kernels[];
extern const int kernel_count;

/* The text of runtime/kernels_real.h, embedded by the build. */
extern const unsigned char kernels_text[];
extern const unsigned long kernels_text_length;

#endif
