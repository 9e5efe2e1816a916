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
internal sealed record Snapshot(IReadOnlyList<SnapshotRows> Rows, Position From, Position Seen);

/// <summary>The rows take more than one connection may hold.</summary>
internal sealed class SnapshotTooLargeException : Exception;

/// <summary>Reads shapes from the database; a few at a time, the rest wait their turn.</summary>
internal sealed class SnapshotReader(
    LiveModel model, Databases databases, IBackplane backplane, CommitWindow window, IServiceScopeFactory scopes, IOptions<LiveHubOptions> options, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.Value.MaxConcurrentSnapshots);
    private readonly ConcurrentDictionary<Entity, ShapeQuery> _queries = new();

    public void Dispose() => _turns.Dispose();

    public async Task<Snapshot> ReadAsync(IReadOnlyList<Shape> shapes, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        var isReading = new StrongBox<bool>();
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.SnapshotTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var rows = new SnapshotRows[shapes.Count];
            var (from, seen) = (new Position(long.MaxValue, 0), default(Position));
            await using var scope = scopes.CreateAsyncScope();
            foreach (var group in shapes.Select((shape, place) => (shape, place)).GroupBy(s => s.shape.Entity.ContextType))
            {
                await using var lease = model.Rent(scope.ServiceProvider, group.Key);
                var read = await lease.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                    async token =>
                    {
                        try
                        {
                            return await ReadAsync(lease.Context, [.. group], rows, isReading, token);
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

            return new(rows, from, seen);
        }
        catch (OperationCanceledException e) when (!isReading.Value && !cancellationToken.IsCancellationRequested)
        {
            // It is not slow, it is away: an execution strategy tries for longer than a read may take.
            throw new TimeoutException($"The database could not be reached within {options.Value.SnapshotTimeout}.", e);
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task<(Position From, Position Seen)> ReadAsync(
        DbContext context, List<(Shape Shape, int Place)> shapes, SnapshotRows[] rows, StrongBox<bool> isReading, CancellationToken cancellationToken)
    {
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        isReading.Value = true;
        var from = await backplane.ReadHeadAsync(cancellationToken);

        // Seen is known as soon as the snapshot is taken. Elsewhere the moment that is seen is not over before the last row.
        var (isTaken, transactions) = await databases.For(context.GetType()).TakeSnapshotAsync(context, cancellationToken);
        var seen = isTaken ? await ReadSeenAsync(transactions, cancellationToken) : default;
        await using var writer = new Utf8JsonWriter(Stream.Null, WireJson.WriterOptions);
        var bytes = rows.Sum(r => r?.Chunks.Sum(c => (long)c.Length) ?? 0);
        foreach (var (shape, place) in shapes)
        {
            var read = new SnapshotRows(shape.Projection, transactions);
            var query = _queries.GetOrAdd(shape.Entity, ShapeQuery.Of);
            await foreach (var row in query.ReadAsync(context, shape, cancellationToken))
            {
                read.Add(writer, row);
                if ((bytes += read.LastRowBytes) > options.Value.MaxSnapshotBytes)
                {
                    throw new SnapshotTooLargeException();
                }
            }

            rows[place] = read.Complete();
        }

        // EF Core would log a commit that is cancelled as an error, and that a reader went is none.
        await transaction.CommitAsync(CancellationToken.None);
        return (from, isTaken ? seen : await ReadSeenAsync(transactions, cancellationToken));
    }

    /// <summary>What was seen and is not in the log yet must be there before the snapshot enters.</summary>
    private async Task<Position> ReadSeenAsync(TransactionSnapshot? transactions, CancellationToken cancellationToken)
    {
        await window.WaitAsync(transactions, cancellationToken);
        return await backplane.ReadHeadAsync(cancellationToken);
    }
}
