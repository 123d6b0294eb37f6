package org.mneme.config;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mneme.config.Form.Group;
import org.mneme.config.Form.Many;
import org.mneme.config.Form.Union;

/// Dotted keys that lead to settings.
final class KeyPaths {
  private KeyPaths() {}

  /// The longest end of the dotted `key` that leads to a setting in `form`.
  static Optional<String> end(Form form, String key) {
    List<String> names = List.of(key.split("\\."));
    return IntStream.range(0, names.size())
        .mapToObj(from -> names.subList(from, names.size()))
        .filter(end -> leads(form, end))
        .map(end -> String.join(".", end))
        .findFirst();
  }

  private static boolean leads(Form form, List<String> names) {
    return switch (form) {
      case Form _ when names.isEmpty() -> true;
      case Group group ->
          group.keys().stream()
              .anyMatch(key ->
                  key.name().equals(names.getFirst())
                      && leads(key.form(), names.subList(1, names.size())));
      case Union union ->
          names.equals(List.of(Binder.TYPE))
              || union.variants().values().stream().anyMatch(variant -> leads(variant, names));
      default -> false;
    };
  }

  /// The dotted keys of the settings in `form`, which stands at `path`, that are called `name`.
  static Stream<String> called(String name, Form form, String path) {
    return switch (form) {
      case Group group ->
          group.keys().stream()
              .flatMap(key -> {
                String inside = YamlReader.join(path, key.name());
                return key.name().equals(name)
                    ? Stream.of(inside)
                    : called(name, key.form(), inside);
              });
      case Union union ->
          union.variants().values().stream()
              .flatMap(variant -> called(name, variant, path))
              .distinct();
      case Many(Form element) -> called(name, element, path + ".0");
      default -> Stream.empty();
    };
  }
}
