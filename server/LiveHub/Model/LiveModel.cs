using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Model;

/// <summary>A DbContext type that <c>AddLiveHub</c> was called for, and what it exposes.</summary>
internal sealed record ContextRegistration(
    Type ContextType,
    Func<IServiceProvider, ContextLease> Rent,
    IReadOnlyList<EntityOptions> Exposed);

/// <summary>Everything that is exposed, over all contexts. Built once, when it is first needed.</summary>
internal sealed class LiveModel(IEnumerable<ContextRegistration> registrations, IServiceScopeFactory scopes)
{
    private readonly FrozenDictionary<Type, ContextRegistration> _registrations = registrations.ToFrozenDictionary(r => r.ContextType);
    private readonly ConcurrentDictionary<Type, (ContextModel Model, IReadOnlyList<string> Faults)> _contexts = new();
    private readonly ConcurrentDictionary<Type, DatabaseName?> _homes = new();
    private volatile FrozenDictionary<DatabaseName, string> _names = FrozenDictionary<DatabaseName, string>.Empty;
    private FrozenDictionary<string, Entity>? _byName;

    public ImmutableArray<Entity> Entities => [.. ByName.Values.OrderBy(e => e.Name, StringComparer.Ordinal)];

    public IEnumerable<ContextModel> Contexts
    {
        get
        {
            _ = ByName;
            return _contexts.Values.Select(c => c.Model);
        }
    }

    private FrozenDictionary<string, Entity> ByName => _byName ??= BuildAll();

    public ContextLease Rent(IServiceProvider scope, Type contextType) => _registrations[contextType].Rent(scope);

    /// <summary>The database that a context's snapshots are read from; null until the model is complete.</summary>
    public DatabaseName? HomeOf(Type contextType) => _homes.TryGetValue(contextType, out var home) ? home : null;

    /// <summary>What all nodes call the database of a context, whatever its address is to them: after the first of the contexts that are on it.</summary>
    public string NameOf(Type contextType) => HomeOf(contextType) is { } home && NameOf(home) is { } name ? name : contextType.FullName!;

    /// <inheritdoc cref="NameOf(Type)"/>
    /// <returns>Null where it is no context's, and until the model is complete.</returns>
    public string? NameOf(DatabaseName database) => _names.GetValueOrDefault(database);

    public Entity? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>What the type of a context exposes; null for a type that was not registered.</summary>
    public ContextModel? For(DbContext context)
    {
        var type = context.GetType();
        return _contexts.TryGetValue(type, out var known) ? known.Model
            : _registrations.TryGetValue(type, out var registration) ? _contexts.GetOrAdd(type, Build(registration, context)).Model
            : null;
    }

    private FrozenDictionary<string, Entity> BuildAll()
    {
        using var scope = scopes.CreateScope();
        foreach (var registration in _registrations.Values)
        {
            using var lease = registration.Rent(scope.ServiceProvider);
            _homes[registration.ContextType] = DatabaseName.Of(lease.Context);
            _contexts.GetOrAdd(registration.ContextType, _ => Build(registration, lease.Context));
        }

        _names = _homes.Where(h => h.Value is not null).GroupBy(h => h.Value!, h => h.Key.FullName!)
            .ToFrozenDictionary(names => names.Key, names => names.Min(StringComparer.Ordinal)!);
        var faults = _contexts.Values.SelectMany(c => c.Faults).ToList();
        var byName = _contexts.Values.SelectMany(c => c.Model.Entities).ToLookup(e => e.Name, StringComparer.Ordinal);
        foreach (var clash in byName.Where(g => g.Count() > 1))
        {
            faults.Add($"The name '{clash.Key}' is exposed by {string.Join(" and ", clash.Select(e => $"{e.Type.DisplayName()} of {e.ContextType.Name}"))}. " +
                "Give one of them another name: Expose<T>(name: \"…\").");
        }

        return faults.Count > 0 ? throw Invalid(faults) : byName.ToFrozenDictionary(g => g.Key, g => g.First());
    }

    private static (ContextModel Model, IReadOnlyList<string> Faults) Build(ContextRegistration registration, DbContext context)
    {
        var builder = new ContextModelBuilder(registration.ContextType, context.Model);
        return (builder.Build(registration.Exposed), builder.Faults);
    }

    /// <summary>All faults of a start together.</summary>
    public static InvalidOperationException Invalid(List<string> faults)
        => new($"LiveHub cannot start with this configuration:{string.Concat(faults.Select(f => $"{Environment.NewLine}- {f}"))}");
}
