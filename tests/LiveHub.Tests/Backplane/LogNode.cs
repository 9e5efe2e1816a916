using System.Diagnostics;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Backplane;

/// <summary>
/// A node that appends, and reads as the router does: where it has missed something its readers start again, and it goes on from the head. What it sees is remembered, so that one
/// can tell whether it keeps what is promised, whatever happens to the log.
/// </summary>
internal sealed class LogNode
{
    private readonly Lock _lock = new();
    private readonly Lock _appending = new();
    private readonly List<List<LogEntry>> _stretches = [];
    private readonly HashSet<ChangesetId> _seen = [];
    private readonly List<long> _resets = [];
    private readonly List<(Changeset Changeset, long At)> _appended = [];
    private Exception? _fault;

    /// <param name="log">The node's way to the log.</param>
    /// <param name="stopping">The end of the test.</param>
    /// <param name="after">Where it begins to read.</param>
    public LogNode(IBackplane log, CancellationToken stopping, long after = 0)
    {
        Log = log;
        _ = ReadAsync(after, stopping);
    }

    public IBackplane Log { get; }

    /// <summary>When its readers had to start again.</summary>
    public IReadOnlyList<long> Resets
    {
        get
        {
            lock (_lock)
            {
                return [.. _resets];
            }
        }
    }

    /// <summary>What it has read since it last started again.</summary>
    public IReadOnlyList<LogEntry> Entries
    {
        get
        {
            lock (_lock)
            {
                return [.. _stretches[^1]];
            }
        }
    }

    public IReadOnlyList<Changeset> Append(int count) => [.. Enumerable.Range(0, count).Select(_ => Append(Samples.Changeset(Samples.Book(1, "x"))))];

    public Changeset Append(Changeset changeset)
    {
        // One after the other; not under the lock that a reader takes, to whom the thread may be lent.
        lock (_appending)
        {
            lock (_lock)
            {
                _appended.Add((changeset, Stopwatch.GetTimestamp()));
            }

            Log.Append(changeset);
        }

        return changeset;
    }

    public bool HasSeen(Changeset changeset)
    {
        lock (_lock)
        {
            return _seen.Contains(changeset.Id);
        }
    }

    /// <summary>
    /// Completes when everything that any node has appended was seen by all, or came before they started again, and when what is appended now is seen by all; what they saw is
    /// then in order, whole, and the same for all.
    /// </summary>
    public static async Task ConvergeAsync(IReadOnlyList<LogNode> nodes)
    {
        await UntilAllAsync(nodes, () => nodes.All(reader => nodes.All(writer => writer.Appended().All(reader.HasOrNeedsNot))), "have what was appended, or started again");
        var last = nodes.Select(n => n.Append(1)[0]).ToList();
        await UntilAllAsync(nodes, () => nodes.All(reader => nodes.All(writer => writer.Appended().All(reader.HasOrNeedsNot))), "have what was appended at last, or started again");
        if (nodes.Any(n => !last.TrueForAll(n.HasSeen)))
        {
            // Somebody has noticed only now that the log is another one. From here on there is no reason.
            last = [.. nodes.Select(n => n.Append(1)[0])];
            await UntilAllAsync(nodes, () => nodes.All(n => last.TrueForAll(n.HasSeen)), "see what is appended now");
        }

        foreach (var node in nodes)
        {
            node.Check(nodes);
        }

        Assert.Single(nodes.Select(n => n.Log.Epoch).Distinct());
    }

    public override string ToString()
    {
        lock (_lock)
        {
            return $"{_appended.Count} appended, {_seen.Count} seen, {_resets.Count} resets, epoch {Log.Epoch}, last {(_stretches is [.., [.., var entry]] ? entry.Position : default)}{(_fault is null ? "" : $", {_fault}")}";
        }
    }

    private static Task UntilAllAsync(IReadOnlyList<LogNode> nodes, Func<bool> condition, string what) => Until.TrueAsync(
        () => nodes.All(n => n._fault is null) ? condition() : throw new InvalidOperationException(string.Join('\n', nodes)), () => $"Not all {what}:\n{string.Join('\n', nodes)}", TimeSpan.FromSeconds(60));

    private List<(Changeset Changeset, long At)> Appended()
    {
        lock (_lock)
        {
            return [.. _appended];
        }
    }

    private bool HasOrNeedsNot((Changeset Changeset, long At) appended)
    {
        lock (_lock)
        {
            return _seen.Contains(appended.Changeset.Id) || (_resets.Count > 0 && _resets[^1] > appended.At);
        }
    }

    /// <summary>Between two starts: no hole, nothing twice, each node's in its order; and no two nodes saw different things at one place of one log.</summary>
    private void Check(IReadOnlyList<LogNode> nodes)
    {
        foreach (var stretch in Stretches())
        {
            Assert.Equal(stretch.Select((_, i) => stretch[0].Position.Offset + i), stretch.Select(e => e.Position.Offset));
            var places = stretch.ToDictionary(e => e.Changeset.Id, e => e.Position.Offset);
            foreach (var node in nodes)
            {
                var own = node.Appended().Select(a => a.Changeset.Id).Where(places.ContainsKey).Select(id => places[id]).ToList();
                Assert.Equal(own.Order(), own);
            }
        }

        var known = Stretches().SelectMany(s => s).DistinctBy(e => e.Position).ToDictionary(e => e.Position, e => e.Changeset.Id);
        foreach (var entry in nodes.SelectMany(n => n.Stretches()).SelectMany(s => s))
        {
            Assert.Equal(entry.Changeset.Id, known.GetValueOrDefault(entry.Position, entry.Changeset.Id));
        }

        foreach (var other in nodes.Where(n => n.Resets.Count == 0 && Resets.Count == 0))
        {
            var (mine, theirs) = (Entries.Select(e => e.Position).ToHashSet(), other.Entries.Select(e => e.Position).ToHashSet());
            var (first, last) = (Math.Max(Entries[0].Position.Offset, other.Entries[0].Position.Offset), Math.Min(Entries[^1].Position.Offset, other.Entries[^1].Position.Offset));
            Assert.Equal(theirs.Where(p => p.Offset >= first && p.Offset <= last), mine.Where(p => p.Offset >= first && p.Offset <= last));
        }
    }

    private List<List<LogEntry>> Stretches()
    {
        lock (_lock)
        {
            return [.. _stretches.Select(s => s.ToList()).Where(s => s.Count > 0)];
        }
    }

    private async Task ReadAsync(long after, CancellationToken stopping)
    {
        try
        {
            while (true)
            {
                lock (_lock)
                {
                    _stretches.Add([]);
                }

                try
                {
                    await foreach (var entry in Log.ReadAsync(after, stopping))
                    {
                        // Who appends lends its thread.
                        lock (_lock)
                        {
                            Assert.Equal(++after, entry.Position.Offset);
                            _stretches[^1].Add(entry);
                            _seen.Add(entry.Changeset.Id);
                        }
                    }
                }
                catch (LogTrimmedException)
                {
                    after = Log.Head.Offset;
                    lock (_lock)
                    {
                        _resets.Add(Stopwatch.GetTimestamp());
                    }
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The test is over.
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _fault = e;
            }
        }
    }
}
