using System.Globalization;
using System.Runtime.CompilerServices;
using LiveHub.Changes;
using Microsoft.Extensions.Options;

namespace LiveHub.Backplane;

/// <summary>The log of a single node, in memory. It begins empty, in an epoch of its own, with every process.</summary>
internal sealed class MemoryBackplane(IOptions<LiveHubOptions> options, TimeProvider time) : IBackplane
{
    private readonly LogRetention _retention = options.Value.LogRetention;
    private readonly Lock _lock = new();
    private RingBuffer<LogEntry> _entries = new();
    private TaskCompletionSource _appended = NewSignal();
    private Position _head;
    private long _bytes;

    private string _epoch = NewEpoch();

    public string Epoch => Volatile.Read(ref _epoch);

    private long First => _head.Offset - _entries.Count + 1;

    public void Append(Changeset changeset)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            _head = new(_head.Offset + 1, RandomTag());
            _entries.Add(new(_head, changeset, time.GetUtcNow()));
            _bytes += changeset.SizeBytes;
            Trim();
            signal = _appended;
            _appended = NewSignal();
        }

        signal.TrySetResult();
    }

    public void BeginEpoch()
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            // An offset is left out, so that whoever stood at the head sees that it has missed something.
            _head = new(_head.Offset + 1, RandomTag());
            _entries = new();
            _bytes = 0;
            Volatile.Write(ref _epoch, NewEpoch());
            signal = _appended;
            _appended = NewSignal();
        }

        signal.TrySetResult();
    }

    public ValueTask<Position> ReadHeadAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(_head);
        }
    }

    public async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<LogEntry> entries;
            Task more;
            lock (_lock)
            {
                entries = Copy(after, _head.Offset) ?? throw new LogTrimmedException(after, First);
                more = _appended.Task;
            }

            foreach (var entry in entries)
            {
                yield return entry;
                after = entry.Position.Offset;
            }

            if (entries.Count == 0)
            {
                await more.WaitAsync(cancellationToken);
            }
        }
    }

    public ValueTask<IReadOnlyList<LogEntry>?> ReadRangeAsync(long after, long through, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return new(Copy(after, through));
        }
    }

    private List<LogEntry>? Copy(long after, long through)
    {
        if (after + 1 < First)
        {
            return null;
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(through, _head.Offset);
        var entries = new List<LogEntry>((int)Math.Max(0, through - after));
        for (var offset = after + 1; offset <= through; offset++)
        {
            entries.Add(_entries[(int)(offset - First)]);
        }

        return entries;
    }

    private void Trim()
    {
        var now = time.GetUtcNow();
        while (_entries.Count > 1
            && (_entries.Count > _retention.Count || _bytes > _retention.Bytes || now - _entries[0].At > _retention.Age))
        {
            _bytes -= _entries[0].Changeset.SizeBytes;
            _entries.RemoveFirst();
        }
    }

    private static string NewEpoch() => RandomTag().ToString("x16", CultureInfo.InvariantCulture);

    private static ulong RandomTag() => (ulong)Random.Shared.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>Readers go on at once, on the thread that appends.</summary>
    private static TaskCompletionSource NewSignal() => new();
}
