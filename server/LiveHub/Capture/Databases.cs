using System.Collections.Frozen;

namespace LiveHub.Capture;

/// <summary>What <c>AddLiveHub</c> was told about a context's database.</summary>
internal sealed record DatabaseRegistration(Type ContextType, Database Database);

/// <summary>Which context has which database.</summary>
internal sealed class Databases(IEnumerable<DatabaseRegistration> registrations)
{
    private readonly FrozenDictionary<Type, Database> _byContext = registrations.ToFrozenDictionary(r => r.ContextType, r => r.Database);

    public Database For(Type contextType) => _byContext.GetValueOrDefault(contextType, Database.Any);
}
