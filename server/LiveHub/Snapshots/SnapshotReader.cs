using System.Collections.Concurrent;
using System.Data;
using System.Runtime.CompilerServices;
using System.Text.Json;
using LiveHub.Backplane;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Shapes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LiveHub.Snapshots;

/// <summary>The rows of some shapes at one moment.</summary>
/// <param name="Rows">In the order of the shapes.</param>
/// <param name="From">The log up to here was committed before that moment.</param>
/// <param name="Seen">The log up to here holds everything that was seen.</param>
/// <param name="Held">What it takes, in memory, in files and in the log, until it is disposed of.</param>
internal sealed record Snapshot(IReadOnlyList<SnapshotRows> Rows, Position From, Position Seen, IReadOnlyList<IDisposable> Held) : IDisposable
{
    public void Dispose()
    {
        foreach (var held in Held)
        {
            held.Dispose();
        }
    }
}

/// <summary>The rows take more than one connection may hold.</summary>
internal sealed class SnapshotTooLargeException : Exception;

/// <summary>Reads shapes from the database; a few at a time, the rest wait their turn.</summary>
internal sealed class SnapshotReader(
    LiveModel model, Databases databases, IBackplane backplane, CommitWindow window, SnapshotsInProgress inProgress, SpoolFolder folder, IServiceScopeFactory scopes,
    IOptions<LiveHubOptions> options, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.Value.MaxConcurrentSnapshots);
    private readonly ConcurrentDictionary<Entity, ShapeQuery> _queries = new();

    public void Dispose() => _turns.Dispose();

    public async Task<Snapshot> ReadAsync(IReadOnlyList<Shape> shapes, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        var isReading = new StrongBox<bool>();
        var held = new List<IDisposable>();
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.SnapshotTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var rows = new SnapshotRows[shapes.Count];
            var (from, seen) = (new Position(long.MaxValue, 0), default(Position));
            held.Add(inProgress.Begin(backplane.Head.Offset));
            await using var scope = scopes.CreateAsyncScope();
            foreach (var group in shapes.Select((shape, place) => (shape, place)).GroupBy(s => s.shape.Entity.ContextType))
            {
                await using var lease = model.Rent(scope.ServiceProvider, group.Key);
                var read = await lease.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                    async token =>
                    {
                        try
                        {
                            return await ReadAsync(lease.Context, [.. group], rows, held, isReading, token);
                        }
                        finally
                        {
                            isReading.Value &= token.IsCancellationRequested;
                        }
                    },
                    either.Token);
                from = read.From.Offset < from.Offset ? read.From : from;
                seen = read.Seen.Offset > seen.Offset ? read.Seen : seen;
            }

            return new(rows, from, seen, held);
        }
        catch (Exception e)
        {
            held.ForEach(h => h.Dispose());
            if (e is not OperationCanceledException || isReading.Value || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            // It is not slow, it is away: an execution strategy tries for longer than a read may take.
            throw new TimeoutException($"The database could not be reached within {options.Value.SnapshotTimeout}.", e);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<(Position From, Position Seen)> ReadAsync(
        DbContext context, List<(Shape Shape, int Place)> shapes, SnapshotRows[] rows, List<IDisposable> held, StrongBox<bool> isReading, CancellationToken cancellationToken)
    {
        var bytes = held.OfType<SnapshotChunks>().Sum(c => c.Bytes);
        var chunks = new SnapshotChunks(folder, options.Value.SnapshotMemoryBytes);
        try
        {
            var read = await ReadAsync(context, shapes, rows, chunks, options.Value.MaxSnapshotBytes - bytes, isReading, cancellationToken);
            held.Add(chunks);
            return read;
        }
        catch
        {
            // It may be tried again.
            chunks.Dispose();
            throw;
        }
    }

    private async Task<(Position From, Position Seen)> ReadAsync(
        DbContext context, List<(Shape Shape, int Place)> shapes, SnapshotRows[] rows, SnapshotChunks chunks, long maxBytes, StrongBox<bool> isReading,
        CancellationToken cancellationToken)
    {
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        isReading.Value = true;
        var from = backplane.Head;

        // Seen is known as soon as the snapshot is taken. Elsewhere the moment that is seen is not over before the last row.
        var (isTaken, transactions) = await databases.For(context.GetType()).TakeSnapshotAsync(context, cancellationToken);
        var seen = isTaken ? await ReadSeenAsync(transactions, cancellationToken) : default;
        await using var writer = new Utf8JsonWriter(Stream.Null, WireJson.WriterOptions);
        var bytes = 0L;
        foreach (var (shape, place) in shapes)
        {
            var read = new SnapshotRows(shape.Projection, chunks, transactions);
            var query = _queries.GetOrAdd(shape.Entity, ShapeQuery.Of);
            await foreach (var row in query.ReadAsync(context, shape, cancellationToken))
            {
                await read.AddAsync(writer, row, cancellationToken);
                if ((bytes += read.LastRowBytes) > maxBytes)
                {
                    throw new SnapshotTooLargeException();
                }
            }

            rows[place] = await read.CompleteAsync(cancellationToken);
        }

        // EF Core would log a commit that is cancelled as an error, and that a reader went is none.
        await transaction.CommitAsync(CancellationToken.None);
        return (from, isTaken ? seen : await ReadSeenAsync(transactions, cancellationToken));
    }

    /// <summary>What was seen and is not in the log yet must be there before the snapshot enters.</summary>
    private async Task<Position> ReadSeenAsync(TransactionSnapshot? transactions, CancellationToken cancellationToken)
    {
        await window.WaitAsync(transactions, cancellationToken);
        return await backplane.ReadHeadAsync(transactions?.XMax ?? default, cancellationToken);
    }
}
