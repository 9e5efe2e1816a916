using LiveHub.Tests.Infrastructure;

namespace LiveHub.Redis.Tests.Architecture;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_reviewed_one()
        => PublicSurface.MustBeReviewed(typeof(RedisOptions).Assembly, Path.Combine("tests", "LiveHub.Redis.Tests", "Architecture", "PublicApi.LiveHub.Redis.txt"));

    [Fact]
    public void All_public_types_are_sealed_or_static()
        => Assert.DoesNotContain(typeof(RedisOptions).Assembly.GetExportedTypes(), t => t is { IsSealed: false, IsInterface: false, IsValueType: false });
}
