using System.Runtime.CompilerServices;
using System.Threading.Channels;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Tests.Model;

namespace LiveHub.Tests.Routing;

/// <summary>A log that can lose what was not read yet.</summary>
internal sealed class LosingLog : IBackplane
{
    private readonly Channel<LogEntry?> _entries = Channel.CreateUnbounded<LogEntry?>();
    private Position _head;

    public string Epoch { get; private set; } = "test";

    public Position Begin => default;

    public Position Head => _head;

    public TransactionId Horizon => default;

    public DateTimeOffset? SilentSince => null;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task WaitUntilHeardAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void BeginEpoch()
    {
        Epoch += "+";
        Skip(1);
    }

    public DatabaseHistory? HistoryOf(string database) => null;

    public void Observe(DatabaseHistory seen, bool isAnother)
    {
        if (isAnother)
        {
            BeginEpoch();
        }
    }

    public Task WaitUntilAskedAsync(CancellationToken cancellationToken) => Task.Delay(Timeout.Infinite, cancellationToken);

    public void EndIncomplete()
    {
    }

    public void Append(Changeset changeset) => _entries.Writer.TryWrite(new(_head = new(_head.Offset + 1, (ulong)_head.Offset + 77), changeset));

    public void Append(params Change[] changes) => Append(Catalog.Changeset(changes));

    public void Skip(int count)
    {
        _head = new(_head.Offset + count, 1);
        _entries.Writer.TryWrite(null);
    }

    /// <summary>The head moves on, and no reader hears of it.</summary>
    public void SkipSilently(int count) => _head = new(_head.Offset + count, 1);

    public ValueTask<Position> ReadHeadAsync(TransactionId shown, CancellationToken cancellationToken) => new(_head);

    public async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in _entries.Reader.ReadAllAsync(cancellationToken))
        {
            if (entry is null)
            {
                throw new LogTrimmedException(after, after + 10);
            }

            if (entry.Position.Offset > after)
            {
                yield return entry;
            }
        }
    }
}
