/// Large, sparse memory for language models: the two exceptions that the whole house throws, and
/// its version.
@NullMarked
package org.mneme;

import org.jspecify.annotations.NullMarked;
