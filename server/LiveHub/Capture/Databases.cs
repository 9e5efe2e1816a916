using System.Collections.Frozen;

namespace LiveHub.Capture;

/// <summary>What <c>AddLiveHub</c> was told about a context's database.</summary>
internal sealed record DatabaseRegistration(Type ContextType, Database Database);

/// <summary>Which context has which database.</summary>
internal sealed class Databases(IEnumerable<DatabaseRegistration> registrations)
{
    private readonly FrozenDictionary<Type, Database> _byContext = registrations.ToFrozenDictionary(r => r.ContextType, r => r.Database);

    public Database For(Type contextType) => _byContext.GetValueOrDefault(contextType, Database.Any);

    /// <summary>Those that a context may have of whose options only the type is known; a context that configures itself does not say which one it is.</summary>
    /// <exception cref="InvalidOperationException">There is none, or they are of different kinds.</exception>
    public IReadOnlyList<Database> ForOptions(Type contextType)
    {
        if (_byContext.TryGetValue(contextType, out var known))
        {
            return [known];
        }

        var all = _byContext.Where(c => contextType.IsAssignableFrom(c.Key)).Select(c => c.Value).Distinct().ToList();
        return all.DistinctBy(database => database.GetType()).Count() switch
        {
            0 => throw new InvalidOperationException(
                $"UseLiveHub: AddLiveHub<{contextType.Name}> was not called, so that nothing of {contextType.Name} is exposed. Call it, or leave UseLiveHub out."),
            1 => all,
            _ => throw new InvalidOperationException(
                $"UseLiveHub: the options do not say for which context they are, and {string.Join(" and ", _byContext.Keys.Select(c => c.Name).Order(StringComparer.Ordinal))} differ. " +
                "Use DbContextOptionsBuilder<TContext>, or a constructor that takes DbContextOptions<TContext>."),
        };
    }
}
