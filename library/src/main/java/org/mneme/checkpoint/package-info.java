/// Weights on disk: safetensors files, sharded weights and model folders in the Hugging Face
/// layout.
///
/// Reading trusts nothing: whatever is wrong with a file is an [org.mneme.InvalidInputException]
/// that names it. Writing is atomic: a file or folder is either the old one or the new one, whole.
@NullMarked
package org.mneme.checkpoint;

import org.jspecify.annotations.NullMarked;
