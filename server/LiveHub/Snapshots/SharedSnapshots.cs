using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Shapes;
using Microsoft.Extensions.Options;

namespace LiveHub.Snapshots;

/// <summary>The rows of one shape at one moment.</summary>
/// <param name="Rows">The rows, encoded.</param>
/// <param name="From">The log up to here was committed before that moment.</param>
/// <param name="Seen">The log up to here holds everything that was seen.</param>
internal sealed record ShapeSnapshot(SnapshotRows Rows, Position From, Position Seen);

/// <summary>Snapshots that somebody takes part in, until they are disposed of: then, where nobody else does, what they take is free.</summary>
/// <param name="Shapes">In the order in which they were asked for.</param>
/// <param name="Leave">Ends the part; more than once does no harm.</param>
internal sealed record TakenSnapshots(IReadOnlyList<ShapeSnapshot> Shapes, Action Leave) : IDisposable
{
    public void Dispose() => Leave();
}

/// <summary>
/// Reads each shape once for all who ask for it at the same time (rule 12): whoever comes while it is read takes the same rows, from the same place in the log. What
/// is read for the first time is read in one database snapshot.
/// </summary>
internal sealed class SharedSnapshots(SnapshotReader reader, IBackplane backplane, IOptions<LiveHubOptions> options)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Read> _reads = new(StringComparer.Ordinal);
    private long _lastRead;

    /// <summary>How many shapes are being read, and for how many connections each, together.</summary>
    public (int Shapes, int Readers) Count
    {
        get
        {
            lock (_lock)
            {
                return (_reads.Count, _reads.Values.Distinct().Sum(r => r.Readers));
            }
        }
    }

    /// <param name="shapes">No two are equal.</param>
    /// <param name="notBefore">Where the log has to have been when the read began, or later.</param>
    /// <exception cref="SnapshotTooLargeException">The rows take more than a connection may hold.</exception>
    public async Task<TakenSnapshots> ReadAsync(IReadOnlyList<Shape> shapes, long notBefore, CancellationToken cancellationToken)
    {
        var reads = Begin(shapes, notBefore, after: 0);
        try
        {
            return new(await TakeOrTryOnceMoreAsync(shapes, reads, notBefore, cancellationToken), () => Leave(reads));
        }
        catch
        {
            Leave(reads);
            throw;
        }
    }

    /// <param name="reads">Those that are taken part in; others, where it is tried once more.</param>
    private async Task<IReadOnlyList<ShapeSnapshot>> TakeOrTryOnceMoreAsync(IReadOnlyList<Shape> shapes, List<Read> reads, long notBefore, CancellationToken cancellationToken)
    {
        try
        {
            return await TakeAsync(shapes, reads, cancellationToken);
        }
        catch (Exception e) when (reads.Exists(r => !r.IsFor(shapes) && r.Rows.IsFaulted))
        {
            // Others had asked for more than this: that may be what is too large. Anything else, all who meet it try once more together.
            var after = e is SnapshotTooLargeException ? long.MaxValue : reads.Max(r => r.Number);
            Leave(reads);
            reads.AddRange(Begin(shapes, notBefore, after));
            return await TakeAsync(shapes, reads, cancellationToken);
        }
    }

    private async Task<IReadOnlyList<ShapeSnapshot>> TakeAsync(IReadOnlyList<Shape> shapes, List<Read> reads, CancellationToken cancellationToken)
    {
        var taken = new List<ShapeSnapshot>(shapes.Count);
        for (var i = 0; i < shapes.Count; i++)
        {
            taken.Add((await reads[i].Rows.WaitAsync(cancellationToken))[shapes[i].Fingerprint]);
        }

        return taken.Sum(s => s.Rows.Bytes) <= options.Value.MaxSnapshotBytes ? taken : throw new SnapshotTooLargeException();
    }

    /// <summary>Takes part in the reads that fit, and begins one for the rest.</summary>
    /// <param name="after">Reads with a number up to this do not fit.</param>
    private List<Read> Begin(IReadOnlyList<Shape> shapes, long notBefore, long after)
    {
        var head = backplane.Head;
        var reads = new List<Read>(shapes.Count);
        var missing = new List<Shape>();
        lock (_lock)
        {
            Read? own = null;
            foreach (var shape in shapes)
            {
                if (!_reads.TryGetValue(shape.Fingerprint, out var read) || read.BegunAt < notBefore || read.Number <= after)
                {
                    missing.Add(shape);
                    _reads[shape.Fingerprint] = read = own ??= new(++_lastRead, head.Offset, missing);
                }

                read.Readers++;
                reads.Add(read);
            }

            if (own is not null)
            {
                _ = RunAsync(own);
            }
        }

        return reads;
    }

    private async Task RunAsync(Read read)
    {
        await Task.Yield();
        try
        {
            var snapshot = await reader.ReadAsync(read.Shapes, read.Stopping);
            bool isWanted;
            lock (_lock)
            {
                End(read);
                isWanted = read.Readers > 0;
                if (isWanted)
                {
                    read.Complete(snapshot);
                }
            }

            if (!isWanted)
            {
                snapshot.Dispose();
            }
        }
        catch (Exception e)
        {
            End(read);
            read.Fail(e);
        }
    }

    /// <summary>What nobody waits for any longer is not read to its end, and what nobody needs is not kept.</summary>
    private void Leave(List<Read> reads)
    {
        var over = new List<Read>();
        lock (_lock)
        {
            foreach (var read in reads)
            {
                if (--read.Readers == 0)
                {
                    End(read);
                    over.Add(read);
                }
            }

            reads.Clear();
        }

        over.ForEach(read => read.Dispose());
    }

    /// <summary>From here on nobody takes part in it any more.</summary>
    private void End(Read read)
    {
        lock (_lock)
        {
            foreach (var shape in read.Shapes)
            {
                if (_reads.TryGetValue(shape.Fingerprint, out var current) && current == read)
                {
                    _reads.Remove(shape.Fingerprint);
                }
            }
        }
    }

    /// <summary>A read of some shapes, in one database snapshot.</summary>
    private sealed class Read : IDisposable
    {
        private readonly List<Shape> _shapes;
        private readonly CancellationTokenSource _stopping = new();
        private readonly TaskCompletionSource<IReadOnlyDictionary<string, ShapeSnapshot>> _rows = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private Snapshot? _snapshot;

        public Read(long number, long begunAt, List<Shape> shapes)
        {
            Number = number;
            BegunAt = begunAt;
            _shapes = shapes;
            Stopping = _stopping.Token;
        }

        /// <summary>Later ones have higher numbers.</summary>
        public long Number { get; }

        /// <summary>Where the log was before it began.</summary>
        public long BegunAt { get; }

        public IReadOnlyList<Shape> Shapes => _shapes;

        /// <summary>How many of the shapes connections wait for, or have not taken yet. Touched under the lock.</summary>
        public int Readers { get; set; }

        /// <summary>By the shapes' fingerprints.</summary>
        public Task<IReadOnlyDictionary<string, ShapeSnapshot>> Rows => _rows.Task;

        public CancellationToken Stopping { get; }

        /// <summary>Whether it reads nothing but what is asked for.</summary>
        public bool IsFor(IReadOnlyList<Shape> asked) => _shapes.TrueForAll(asked.Contains);

        /// <summary>Those who wait take it.</summary>
        public void Complete(Snapshot snapshot)
        {
            _snapshot = snapshot;
            _rows.SetResult(_shapes.Select((shape, i) => (shape.Fingerprint, new ShapeSnapshot(snapshot.Rows[i], snapshot.From, snapshot.Seen))).ToDictionary());
        }

        public void Fail(Exception exception)
        {
            _rows.TrySetException(exception);

            // Where nobody waits any longer, nobody is to hear of it.
            _ = _rows.Task.Exception;
        }

        /// <summary>Nobody waits for it or needs it any longer.</summary>
        public void Dispose()
        {
            _stopping.Cancel();
            _stopping.Dispose();
            _snapshot?.Dispose();
        }
    }
}
