/// From text to token ids and back: tokenizers of Hugging Face model folders and their
/// vocabularies. No tensors.
@NullMarked
package org.mneme.text;

import org.jspecify.annotations.NullMarked;
