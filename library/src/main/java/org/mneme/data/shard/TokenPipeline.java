package org.mneme.data.shard;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.mneme.text.TextTokens;
import org.mneme.text.Tokenizer;

/// Tokenises on all processors and hands the documents on in their order, on the caller's thread.
/// Never holds more than a few pieces of work a processor.
final class TokenPipeline implements AutoCloseable {
  private static final int CHARACTERS = 1 << 16;

  private final Tokenizer tokenizer;
  private final Taker taker;
  private final int most;
  private final ExecutorService workers;
  private final ArrayDeque<Future<List<TextTokens>>> pending = new ArrayDeque<>();
  private List<String> texts = new ArrayList<>();
  private int characters;

  /// Takes the documents.
  @FunctionalInterface
  interface Taker {
    /// Takes the next one.
    void take(TextTokens document) throws IOException;
  }

  TokenPipeline(Tokenizer tokenizer, Taker taker) {
    this.tokenizer = tokenizer;
    this.taker = taker;
    int processors = Runtime.getRuntime().availableProcessors();
    most = 4 * processors;
    workers =
        Executors.newFixedThreadPool(
            processors, Thread.ofPlatform().name("tokenizer-", 0).daemon().factory());
  }

  /// Adds a text; may hand on earlier ones.
  void add(String text) {
    texts.add(text);
    characters += text.length();
    if (characters >= CHARACTERS) {
      submit();
      while (pending.size() > most) {
        take();
      }
    }
  }

  /// Hands on all that is left.
  void finish() {
    submit();
    while (!pending.isEmpty()) {
      take();
    }
  }

  private void submit() {
    List<String> chunk = texts;
    pending.add(workers.submit(() -> chunk.stream().map(tokenizer::tokens).toList()));
    texts = new ArrayList<>();
    characters = 0;
  }

  private void take() {
    try {
      for (TextTokens document : pending.remove().get()) {
        taker.take(document);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    }
  }

  /// Waits for the work under way: the tokenizer may be closed afterwards.
  @Override
  public void close() {
    var unused = workers.shutdownNow();
    workers.close();
  }
}
