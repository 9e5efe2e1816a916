using System.Collections.Concurrent;
using System.Data;
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

/// <summary>The rows of some shapes at one moment, and the position at which the log holds everything that was seen.</summary>
internal sealed record Snapshot(IReadOnlyList<SnapshotRows> Rows, Position Seen);

/// <summary>The rows take more than one connection may hold.</summary>
internal sealed class SnapshotTooLargeException : Exception;

/// <summary>Reads shapes from the database; a few at a time, the rest wait their turn.</summary>
internal sealed class SnapshotReader(
    LiveModel model, IBackplane backplane, CommitWindow window, IServiceScopeFactory scopes, IOptions<LiveHubOptions> options, TimeProvider time)
    : IDisposable
{
    private readonly SemaphoreSlim _turns = new(options.Value.MaxConcurrentSnapshots);
    private readonly ConcurrentDictionary<Entity, ShapeQuery> _queries = new();

    public void Dispose() => _turns.Dispose();

    public async Task<Snapshot> ReadAsync(IReadOnlyList<Shape> shapes, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.SnapshotTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            var rows = new SnapshotRows[shapes.Count];
            await using var scope = scopes.CreateAsyncScope();
            foreach (var group in shapes.Select((shape, place) => (shape, place)).GroupBy(s => s.shape.Entity.ContextType))
            {
                await using var lease = model.Rent(scope.ServiceProvider, group.Key);
                await lease.Context.Database.CreateExecutionStrategy().ExecuteAsync(
                    async token => await ReadAsync(lease.Context, [.. group], rows, token), either.Token);
            }

            // What was seen and is not in the log yet must be there before the snapshot enters.
            await window.WaitAsync(cancellationToken);
            return new(rows, await backplane.ReadHeadAsync(cancellationToken));
        }
        finally
        {
            _turns.Release();
        }
    }

    private async Task ReadAsync(DbContext context, List<(Shape Shape, int Place)> shapes, SnapshotRows[] rows, CancellationToken cancellationToken)
    {
        await using var transaction = await context.Database.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using var writer = new Utf8JsonWriter(Stream.Null, WireJson.WriterOptions);
        var bytes = rows.Sum(r => r?.Chunks.Sum(c => (long)c.Length) ?? 0);
        foreach (var (shape, place) in shapes)
        {
            var read = new SnapshotRows(shape.Projection);
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

        await transaction.CommitAsync(cancellationToken);
    }
}
