/// From text files to batches, addressed by index so that any step can be made again from a seed
/// and its number. No tensors.
@NullMarked
package org.mneme.data;

import org.jspecify.annotations.NullMarked;
