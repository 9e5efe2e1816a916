namespace LiveHub.Redis;

/// <summary>What <c>UseRedis</c> was told for a context.</summary>
internal sealed record RedisRegistration(Type ContextType, Action<RedisOptions> Configure);
