/* The loops that NumPy cannot do quickly: this file compiles kernels.h, lstm.h, matrices.h and windows.h once for float
   and once for double.

   Nothing here knows Python: arrays come as pointers with their sizes, C-contiguous unless a stride is named, and every
   function returns 0, or -1 where memory for its buffers could not be had. Results do not depend on the number of threads:
   work is divided into items whose results no other item touches, and each item adds in one fixed order. */

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#else
#define VECTOR_BYTES 16
#endif

typedef ptrdiff_t Size;

static inline Size min_size(Size a, Size b) { return a < b ? a : b; }

static void *aligned(Size bytes) {
    void *found = NULL;
    return posix_memalign(&found, 64, (size_t)(bytes > 0 ? bytes : 1)) ? NULL : found;
}

#include "crew.h"

/* How many threads some work is worth, each a share of at least `least`: to call one takes two microseconds where it is awake,
   some fifteen where it sleeps. */
static Size worth(double work, double least, Size threads) {
    return work < least * (double)threads ? (Size)(work / least) + 1 : threads;
}

#define JOIN2(a, b) a##_##b
#define JOIN(a, b) JOIN2(a, b)
#define NAME(base) JOIN(base, SUFFIX)

/* exp by 2^n exp(r): how many terms of the series of exp(r) - 1, |r| <= log(2)/2, are needed, and the format's numbers. */

#define REAL float
#define SUFFIX f32
#define INTEGER int32_t
#define EXP_LOWEST (-104.0f)
#define EXP_HIGHEST 89.0f
#define LOG2_E 1.44269504088896341f
#define LN2_HIGH 0.693359375f
#define LN2_LOW (-2.12194440e-4f)
#define ROUNDER 12582912.0f
#define MANTISSA 23
#define BIAS 127
#define TERMS 7
#include "kernels.h"
#include "lstm.h"
#include "matrices.h"
#include "windows.h"
#undef REAL
#undef SUFFIX
#undef INTEGER
#undef EXP_LOWEST
#undef EXP_HIGHEST
#undef LOG2_E
#undef LN2_HIGH
#undef LN2_LOW
#undef ROUNDER
#undef MANTISSA
#undef BIAS
#undef TERMS

#define REAL double
#define SUFFIX f64
#define INTEGER int64_t
#define EXP_LOWEST (-746.0)
#define EXP_HIGHEST 710.0
#define LOG2_E 1.4426950408889634074
#define LN2_HIGH 6.93145751953125e-1
#define LN2_LOW 1.42860682030941723212e-6
#define ROUNDER 6755399441055744.0
#define MANTISSA 52
#define BIAS 1023
#define TERMS 13
#include "kernels.h"
#include "lstm.h"
#include "matrices.h"
#include "windows.h"
