/// The memory's stages, each ready to be run and timed on inputs that anybody can draw again, and
/// what two runs in turn give. The command line measures with them, and so does the comparison with
/// other libraries in `benchmarks`.
@NullMarked
package org.mneme.bench;

import org.jspecify.annotations.NullMarked;
