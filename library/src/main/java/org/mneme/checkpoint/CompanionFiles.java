package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.mneme.InvalidInputException;

/// The files that go with a model and are copied as they are: its tokenizer, how sentences are
/// pooled, its card, and whatever else lay in the folder that is replaced.
///
/// @param sources where each file comes from, by its name
record CompanionFiles(Map<String, Path> sources) {
  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt");

  /// What sentence-transformers adds to a folder: how token vectors become one.
  private static final List<String> SENTENCES =
      List.of("modules.json", "sentence_bert_config.json", "1_Pooling/config.json");

  private static final Set<String> FOLDERS = Set.of("1_Pooling", "2_Normalize");

  CompanionFiles {
    sources = Collections.unmodifiableMap(new LinkedHashMap<>(sources));
  }

  /// The files of the old `target`, if it exists, except those that a save makes anew; the
  /// tokenizer's, and how sentences are pooled, from `tokenizerSource`, if there is one.
  static CompanionFiles of(Path target, @Nullable Path tokenizerSource) {
    Map<String, Path> sources = new LinkedHashMap<>();
    if (Files.exists(target)) {
      sources.putAll(kept(target));
    }
    if (tokenizerSource != null) {
      if (!Files.isDirectory(tokenizerSource)) {
        throw new InvalidInputException(
            InvalidInputException.Kind.DATA,
            tokenizerSource.toString(),
            tokenizerSource + ": is no folder; give the folder that holds tokenizer.json");
      }
      List<String> own = Stream.concat(TOKENIZER.stream(), SENTENCES.stream()).toList();
      sources.keySet().removeAll(own);
      for (String name : own) {
        Path file = tokenizerSource.resolve(name);
        if (Files.isRegularFile(file)) {
          sources.put(name, file);
        }
      }
    }
    return new CompanionFiles(sources);
  }

  private static Map<String, Path> kept(Path target) {
    Map<String, Path> kept = new LinkedHashMap<>();
    try (DirectoryStream<Path> paths = Files.newDirectoryStream(target)) {
      for (Path path : paths) {
        String name = path.getFileName().toString();
        if (FOLDERS.contains(name)) {
          if (Files.isRegularFile(path.resolve("config.json"))) {
            kept.put(name + "/config.json", path.resolve("config.json"));
          }
          continue;
        }
        if (!Files.isRegularFile(path)) {
          throw WeightsError.file(
              target,
              "is no folder that a model may replace: it holds the folder " + name,
              "save to a folder of its own");
        }
        if (!isMadeAnew(name)) {
          kept.put(name, path);
        }
      }
    } catch (IOException e) {
      throw WeightsError.file(
          target, "cannot be replaced (" + e + ")", "save to a folder of its own", e);
    }
    return kept;
  }

  private static boolean isMadeAnew(String name) {
    return name.equals(ModelFolder.CONFIG)
        || name.equals(ShardIndex.FILE_NAME)
        || name.matches("model(-\\d{5}-of-\\d{5})?\\.safetensors")
        || name.endsWith(AtomicFile.TEMPORARY);
  }

  /// Copies all of them into `folder` and flushes them to the disk.
  void copyInto(Path folder) throws IOException {
    for (Map.Entry<String, Path> source : sources.entrySet()) {
      try (FileChannel from = FileChannel.open(source.getValue(), StandardOpenOption.READ)) {
        AtomicFile.write(
            folder.resolve(source.getKey()),
            to -> {
              long size = from.size();
              for (long at = 0; at < size; ) {
                at += from.transferTo(at, size - at, to);
              }
            });
      }
    }
  }
}
