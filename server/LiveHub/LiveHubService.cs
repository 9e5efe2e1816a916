using System.Linq.Expressions;
using LiveHub.Capture;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub;

/// <summary>Brings what the application tells into the log.</summary>
internal sealed class LiveHubService(LiveModel model, Databases databases, CommitWindow window, ChangesetPublisher publisher) : ILiveHub
{
    public Task InvalidateAsync<TEntity>(CancellationToken cancellationToken = default)
        where TEntity : class
        => PublishAsync(Find(typeof(TEntity)).Select(Invalidation.Of), cancellationToken);

    public Task InvalidateAsync<TEntity>(Expression<Func<TEntity, bool>> where, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(where);
        return PublishAsync(Find(typeof(TEntity)).Select(entity => new Invalidation(entity, EqualityTerms.Of(entity, where))), cancellationToken);
    }

    public Task InvalidateAsync<TEntity>(IEnumerable<object> keys, CancellationToken cancellationToken = default)
        where TEntity : class
    {
        ArgumentNullException.ThrowIfNull(keys);
        var given = keys.ToList();
        var entities = Find(typeof(TEntity));
        return given.Count == 0 ? Task.CompletedTask
            : PublishAsync(entities.Select(entity => OfKeys(entity, given.ConvertAll(key => ReadKey(entity, key)))), cancellationToken);
    }

    public Task InvalidateAsync(string entity, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(entity);
        var found = model.Find(entity) ?? throw new ArgumentException(
            $"No entity is exposed as '{entity}'. Names are: {string.Join(", ", model.Entities)}.", nameof(entity));
        return PublishAsync([Invalidation.Of(found)], cancellationToken);
    }

    private List<Entity> Find(Type type)
    {
        var found = model.Entities.Where(e => e.Type.ClrType.IsAssignableFrom(type) || type.IsAssignableFrom(e.Type.ClrType)).ToList();
        return found.Count > 0 ? found : throw new ArgumentException(
            $"{type.Name} is not exposed, so nobody shows it. Expose it with Expose<{type.Name}>() in AddLiveHub, or leave the call out.", nameof(type));
    }

    /// <summary>A key that the database rounds or pads does not find its row.</summary>
    private static Invalidation OfKeys(Entity entity, List<KeyValues> keys)
        => entity.Key.All(c => c.IsExact) ? Invalidation.Of(entity, keys) : Invalidation.Of(entity);

    private static KeyValues ReadKey(Entity entity, object? key)
    {
        var given = entity.Key.Length == 1 ? [key] : key as object?[];
        if (given?.Length != entity.Key.Length)
        {
            throw NoKey();
        }

        return new([.. entity.Key.Select((column, i) => ColumnValue.TryConvert(column, given[i], out var value) && value is not null ? value : throw NoKey())]);

        ArgumentException NoKey()
        {
            var columns = string.Join(", ", entity.Key.Select(c => $"{c.Property.ClrType.Name} {c.Property.Name}"));
            var takes = entity.Key.Length == 1 ? columns : $"an object[] of {columns}";
            return new($"'{key ?? "null"}' ({key?.GetType().Name ?? "null"}) is not a key of {entity}. It takes {takes}.", nameof(key));
        }
    }

    private async Task PublishAsync(IEnumerable<Invalidation> invalidations, CancellationToken cancellationToken)
    {
        var changeset = new ChangesetBuilder();
        var order = false;
        foreach (var invalidation in invalidations)
        {
            changeset.Add(invalidation);
            order |= !databases.For(invalidation.Entity.ContextType).CapturesSaves;
        }

        if (order)
        {
            // What was saved before the rows changed unseen comes before that in the log: replayed after a read that has seen both, it
            // would take the rows back. Where a snapshot says which transactions it shows, it is left out instead.
            await window.WaitAsync(seen: null, cancellationToken);
        }

        publisher.Publish(changeset, stamp: null);
    }
}
