/// Imports GGUF files, the format of llama.cpp, as model folders.
@NullMarked
package org.mneme.checkpoint.gguf;

import org.jspecify.annotations.NullMarked;
