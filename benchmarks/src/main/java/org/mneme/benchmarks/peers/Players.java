package org.mneme.benchmarks.peers;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.bench.Setting;
import tools.jackson.databind.json.JsonMapper;

/// Everybody in a comparison that goes round: our modes and the peers, each with its model loaded.
final class Players implements AutoCloseable {
  private final List<Player> ours = new ArrayList<>();
  private final List<Player> peers = new ArrayList<>();

  /// Ours in a mode.
  ///
  /// @param arenas as in [Sides#ours(String, Class, int)]
  /// @param load what it loads
  void ours(String mode, int arenas, Map<String, Object> load) {
    ours.add(new Player(mode, Sides.ours("ours " + mode, OurModelSide.class, arenas)));
    ours.getLast().load(load);
  }

  /// A peer in a mode.
  void peer(String mode, List<String> command, Map<String, Object> load) {
    peers.add(new Player(mode, new Side("peer " + mode, command, Map.of())));
    peers.getLast().load(load);
  }

  List<Player> ours() {
    return ours;
  }

  List<Player> peers() {
    return peers;
  }

  /// Ours, then the peers.
  List<Player> all() {
    List<Player> all = new ArrayList<>(ours);
    all.addAll(peers);
    return all;
  }

  /// Where and with what they run.
  Setting setting() {
    Map<String, String> versions = new LinkedHashMap<>();
    peers
        .getFirst()
        .versions()
        .properties()
        .forEach(entry -> versions.put(entry.getKey(), entry.getValue().asString()));
    return JsonMapper.shared()
        .treeToValue(ours.getFirst().versions(), Setting.class)
        .with(versions);
  }

  @Override
  public void close() {
    all().forEach(Player::close);
  }
}
