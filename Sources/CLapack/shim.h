// SPDX-License-Identifier: Apache-2.0
// The reference implementations by name: `cblas.h` is whichever BLAS a machine has chosen.
#include <cblas-netlib.h>
#include <lapacke.h>
