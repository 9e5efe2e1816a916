using System.Runtime.CompilerServices;
using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>The log as far back as it is kept, in this process. Offsets are contiguous, and grow for as long as the process runs, whatever becomes of the log.</summary>
internal sealed class LogTail(LogRetention retention, TimeProvider time)
{
    private readonly Lock _lock = new();
    private RingBuffer<LogEntry> _entries = new();
    private TaskCompletionSource _added = NewSignal();
    private Position _begin;
    private Position _head;
    private long _bytes;
    private TransactionId _horizon;

    /// <summary>The newest entry's position.</summary>
    public Position Head
    {
        get
        {
            lock (_lock)
            {
                return _head;
            }
        }
    }

    /// <summary>What all entries come after.</summary>
    public Position Begin
    {
        get
        {
            lock (_lock)
            {
                return _begin;
            }
        }
    }

    /// <inheritdoc cref="IBackplane.Horizon"/>
    public TransactionId Horizon
    {
        get
        {
            lock (_lock)
            {
                return _horizon;
            }
        }
    }

    /// <summary>A snapshot shows nothing of transactions from here on, but may of those below.</summary>
    public void RaiseHorizon(TransactionId shown)
    {
        lock (_lock)
        {
            _horizon = shown.Value > _horizon.Value ? shown : _horizon;
        }
    }

    /// <summary>Adds the entry after the newest. Whoever waits for it goes on at once, on the caller's thread.</summary>
    /// <param name="changeset">What it brings.</param>
    /// <param name="tag">Tells it from another entry at the same place.</param>
    /// <param name="at">When it came into the log.</param>
    /// <param name="versionBefore">See <see cref="LogEntry"/>.</param>
    public void Add(Changeset changeset, ulong tag, DateTimeOffset at, long versionBefore = 0)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            _head = new(_head.Offset + 1, tag);
            _entries.Add(new(_head, changeset, at, versionBefore));
            _bytes += changeset.SizeBytes;
            Trim();
            signal = NextSignal();
        }

        signal.TrySetResult();
    }

    /// <summary>It is another log, or some of it is missing: it begins after a position that is beyond the newest. Readers find that what they want next is gone.</summary>
    public void Restart(Position head)
    {
        TaskCompletionSource signal;
        lock (_lock)
        {
            if (head.Offset <= _head.Offset && _head.Offset > 0)
            {
                throw new ArgumentOutOfRangeException(nameof(head), head, $"The log is at {_head} already.");
            }

            _begin = _head = head;
            _entries = new();
            _bytes = 0;
            signal = NextSignal();
        }

        signal.TrySetResult();
    }

    /// <summary>The tag of an entry; null where it is not held.</summary>
    public ulong? TagAt(long offset)
    {
        lock (_lock)
        {
            var place = offset - _begin.Offset - 1;
            return offset == _begin.Offset ? _begin.Tag : place >= 0 && place < _entries.Count ? _entries[(int)place].Position.Tag : null;
        }
    }

    /// <inheritdoc cref="IBackplane.ReadAsync"/>
    public async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<LogEntry> entries;
            Task more;
            lock (_lock)
            {
                entries = CopyAfter(after);
                more = _added.Task;
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

    private List<LogEntry> CopyAfter(long after)
    {
        if (after < _begin.Offset)
        {
            throw new LogTrimmedException(after, _begin.Offset + 1);
        }

        var entries = new List<LogEntry>((int)Math.Max(0, _head.Offset - after));
        for (var i = (int)(after - _begin.Offset); i < _entries.Count; i++)
        {
            entries.Add(_entries[i]);
        }

        return entries;
    }

    private void Trim()
    {
        var now = time.GetUtcNow();
        while (_entries.Count > 1 && (_entries.Count > retention.Count || _bytes > retention.Bytes || now - _entries[0].At > retention.Age))
        {
            _bytes -= _entries[0].Changeset.SizeBytes;
            _begin = _entries[0].Position;
            _entries.RemoveFirst();
        }
    }

    private TaskCompletionSource NextSignal()
    {
        var signal = _added;
        _added = NewSignal();
        return signal;
    }

    /// <summary>Readers go on at once, on the thread that adds.</summary>
    private static TaskCompletionSource NewSignal() => new();
}
