package org.mneme.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
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
import org.mneme.InvalidInputException;

/// The files that go with a model and are copied as they are: its tokenizer, how sentences are
/// pooled, its card, and whatever else lay in the folder that is replaced.
///
/// @param contents what each file holds, by its name
record CompanionFiles(Map<String, Content> contents) {
  /// Puts the bytes of a file into an open one.
  interface Content {
    /// Writes all of them.
    void writeTo(FileChannel channel) throws IOException;

    /// What `file` holds when it is written.
    static Content of(Path file) {
      return to -> {
        try (FileChannel from = FileChannel.open(file, StandardOpenOption.READ)) {
          long size = from.size();
          for (long at = 0; at < size; ) {
            at += from.transferTo(at, size - at, to);
          }
        }
      };
    }

    /// These bytes.
    static Content of(byte[] bytes) {
      return to -> {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          int unused = to.write(buffer);
        }
      };
    }
  }

  private static final List<String> TOKENIZER =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.txt",
          "vocab.json",
          "merges.txt",
          "tokenizer.model",
          "chat_template.jinja",
          "generation_config.json");

  /// What sentence-transformers adds to a folder: how token vectors become one.
  private static final List<String> SENTENCES =
      List.of("modules.json", "sentence_bert_config.json", "1_Pooling/config.json");

  private static final Set<String> FOLDERS = Set.of("1_Pooling", "2_Normalize");

  CompanionFiles {
    contents = Collections.unmodifiableMap(new LinkedHashMap<>(contents));
  }

  /// The tokenizer of the model in `folder`, and how its sentences are pooled, read now: the folder
  /// may be gone when they are written, as rotated checkpoints are.
  static CompanionFiles read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InvalidInputException(
          InvalidInputException.Kind.DATA,
          folder.toString(),
          folder + ": is no folder; give the folder that holds tokenizer.json");
    }
    Map<String, Content> contents = new LinkedHashMap<>();
    for (String name : own()) {
      Path file = folder.resolve(name);
      if (Files.isRegularFile(file)) {
        try {
          contents.put(name, Content.of(Files.readAllBytes(file)));
        } catch (IOException e) {
          throw new InvalidInputException(
              InvalidInputException.Kind.DATA,
              file.toString(),
              file + ": cannot be read (" + e + "); check its permissions",
              e);
        }
      }
    }
    return new CompanionFiles(contents);
  }

  private static List<String> own() {
    return Stream.concat(TOKENIZER.stream(), SENTENCES.stream()).toList();
  }

  /// These, and the files of the old `target`, if it exists, except those that a save makes anew
  /// and an older tokenizer's.
  CompanionFiles replacing(Path target) {
    Map<String, Content> all = new LinkedHashMap<>(kept(target));
    all.keySet().removeAll(own());
    all.putAll(contents);
    return new CompanionFiles(all);
  }

  /// These and others.
  CompanionFiles with(Map<String, Content> others) {
    Map<String, Content> all = new LinkedHashMap<>(contents);
    all.putAll(others);
    return new CompanionFiles(all);
  }

  /// The files of the old `target`, if it exists, except those that a save makes anew.
  static Map<String, Content> kept(Path target) {
    Map<String, Content> contents = new LinkedHashMap<>();
    if (Files.exists(target)) {
      keptPaths(target).forEach((name, path) -> contents.put(name, Content.of(path)));
    }
    return contents;
  }

  private static Map<String, Path> keptPaths(Path target) {
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
        || AdapterFiles.NAMES.contains(name)
        || name.equals(ShardIndex.FILE_NAME)
        || name.matches("model(-\\d{5}-of-\\d{5})?\\.safetensors")
        || name.endsWith(AtomicFile.TEMPORARY);
  }

  /// Copies all of them into `folder` and flushes them to the disk.
  void copyInto(Path folder) throws IOException {
    for (Map.Entry<String, Content> file : contents.entrySet()) {
      AtomicFile.write(folder.resolve(file.getKey()), file.getValue()::writeTo);
    }
  }
}
