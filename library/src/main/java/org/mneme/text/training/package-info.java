/// Making tokenizers from texts: byte-level BPE, WordPiece, bytes, characters, words; written as
/// the `tokenizer.json` of Hugging Face's library.
@NullMarked
package org.mneme.text.training;

import org.jspecify.annotations.NullMarked;
