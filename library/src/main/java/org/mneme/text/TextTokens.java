package org.mneme.text;

/// A text as tokens, and nothing else about it.
///
/// @param ids token ids
/// @param words the word of the text that each token belongs to, from 0; -1 where the tokenizer has
///   none for it
public record TextTokens(int[] ids, int[] words) {}
