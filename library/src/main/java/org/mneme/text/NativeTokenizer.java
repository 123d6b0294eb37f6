package org.mneme.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// Hugging Face's own tokenizer behind DJL's binding. It only turns text into all of its tokens:
/// cutting and filling up are [Shaping]'s, because the native side keeps them as state of the whole
/// tokenizer. Encoding and decoding from several threads at once is fine.
final class NativeTokenizer implements AutoCloseable {
  private final Path file;
  private final HuggingFaceTokenizer tokenizer;

  private NativeTokenizer(Path file, HuggingFaceTokenizer tokenizer) {
    this.file = file;
    this.tokenizer = tokenizer;
  }

  static NativeTokenizer load(Path file, String json) {
    stayOffline();
    var options = Map.of("truncation", "false", "padding", "false");
    try (var in = new ByteArrayInputStream(json.getBytes(StandardCharsets.UTF_8))) {
      return new NativeTokenizer(file, HuggingFaceTokenizer.newInstance(in, options));
    } catch (EngineException | LinkageError e) {
      throw new InvalidInputException(
          InvalidInputException.Kind.ENVIRONMENT,
          "tokenizers",
          "the native tokenizer library cannot be loaded (Linux, macOS or Windows on x86_64, Linux"
              + " or macOS on arm64; DJL_CACHE_DIR names the folder it is unpacked to): "
              + e,
          e);
    } catch (RuntimeException e) {
      throw TokenizerFiles.broken(
          file, "not a tokenizer that can be used: " + e.getMessage(), Optional.of(e));
    } catch (IOException e) {
      throw TokenizerFiles.broken(file, "cannot be read: " + e.getMessage(), Optional.of(e));
    }
  }

  /// Three settings that DJL reads: no downloads, no telemetry, no search for a CUDA build (which
  /// it would download). A value that the user set stays.
  private static void stayOffline() {
    Map.of("ai.djl.offline", "true", "OPT_OUT_TRACKING", "true", "RUST_FLAVOR", "cpu")
        .forEach((key, value) -> {
          if (System.getProperty(key) == null) {
            System.setProperty(key, value);
          }
        });
  }

  /// All tokens of `first`, or of the pair.
  Encoding encode(String first, @Nullable String second, boolean specialTokens) {
    try {
      return encoding(
          second == null
              ? tokenizer.encode(wellFormed(first), specialTokens, false)
              : tokenizer.encode(wellFormed(first), wellFormed(second), specialTokens, false));
    } catch (IllegalStateException e) {
      throw e; // closed
    } catch (RuntimeException e) {
      throw TokenizerFiles.broken(
          file, "a text cannot be encoded: " + e.getMessage(), Optional.of(e));
    }
  }

  /// All tokens of a text that is cut into words already; a token's word is its place in `words`.
  Encoding encodeWords(List<String> words, boolean specialTokens) {
    try {
      return encoding(
          tokenizer.encode(
              words.stream().map(NativeTokenizer::wellFormed).toArray(String[]::new),
              specialTokens,
              false));
    } catch (IllegalStateException e) {
      throw e; // closed
    } catch (RuntimeException e) {
      throw TokenizerFiles.broken(
          file, "a list of words cannot be encoded: " + e.getMessage(), Optional.of(e));
    }
  }

  /// The tokens of `text` without added ones. DJL's own encoding fetches five more arrays and every
  /// token's text from the native side, which doubles the time.
  TextTokens tokens(String text) {
    long encoding = 0;
    long handle = tokenizer.getHandle();
    try {
      encoding = TokenizersLibrary.LIB.encode(handle, wellFormed(text), false);
      int[] ids = ints(TokenizersLibrary.LIB.getTokenIds(encoding));
      return new TextTokens(ids, ints(TokenizersLibrary.LIB.getWordIds(encoding)));
    } catch (IllegalStateException e) {
      throw e; // closed
    } catch (RuntimeException e) {
      throw TokenizerFiles.broken(
          file, "a text cannot be encoded: " + e.getMessage(), Optional.of(e));
    } finally {
      if (encoding != 0) {
        TokenizersLibrary.LIB.deleteEncoding(encoding);
      }
    }
  }

  String decode(int[] ids, boolean skipSpecialTokens) {
    return tokenizer.decode(Arrays.stream(ids).asLongStream().toArray(), skipSpecialTokens);
  }

  @Override
  public void close() {
    tokenizer.close();
  }

  private static Encoding encoding(ai.djl.huggingface.tokenizers.Encoding encoding) {
    @Nullable CharSpan[] spans = encoding.getCharTokenSpans();
    int[] starts = new int[spans.length];
    int[] ends = new int[spans.length];
    for (int i = 0; i < spans.length; i++) {
      CharSpan span = spans[i];
      starts[i] = span == null ? 0 : span.getStart();
      ends[i] = span == null ? 0 : span.getEnd();
    }
    return new Encoding(
        ints(encoding.getIds()),
        List.of(encoding.getTokens()),
        ints(encoding.getTypeIds()),
        ints(encoding.getAttentionMask()),
        ints(encoding.getSpecialTokenMask()),
        ints(encoding.getWordIds()),
        ints(encoding.getSequenceIds()),
        new Offsets(starts, ends));
  }

  private static int[] ints(long[] values) {
    return Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
  }

  /// `text` with U+FFFD in place of every surrogate without its partner, which has no UTF-8 form.
  static String wellFormed(String text) {
    if (text.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
      return text;
    }
    var result = new StringBuilder(text.length());
    text.codePoints()
        .map(point -> point >= 0xD800 && point <= 0xDFFF ? 0xFFFD : point)
        .forEach(result::appendCodePoint);
    return result.toString();
  }
}
