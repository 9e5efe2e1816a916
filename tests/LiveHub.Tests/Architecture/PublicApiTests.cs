using System.Reflection;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Architecture;

public sealed class PublicApiTests
{
    private static readonly Assembly Server = typeof(LiveHubOptions).Assembly;

    [Fact]
    public void The_public_surface_is_the_reviewed_one()
        => PublicSurface.MustBeReviewed(Server, Path.Combine("tests", "LiveHub.Tests", "Architecture", "PublicApi.LiveHub.txt"));

    [Fact]
    public void No_public_type_is_named_LiveHub() => Assert.DoesNotContain(Server.GetExportedTypes(), t => t.Name.Split('`')[0] == "LiveHub");

    [Fact]
    public void All_public_types_are_sealed_or_static()
        => Assert.DoesNotContain(Server.GetExportedTypes(), t => t is { IsSealed: false, IsInterface: false, IsValueType: false });

    [Fact]
    public void Public_methods_that_do_IO_end_in_Async_and_take_a_token()
    {
        var asynchronous = PublicSurface.MethodsOf(Server)
            .Where(m => typeof(Task).IsAssignableFrom(m.ReturnType) || m.ReturnType.Name.StartsWith("ValueTask", StringComparison.Ordinal));
        Assert.DoesNotContain(asynchronous, m => !m.Name.EndsWith("Async", StringComparison.Ordinal) || m.GetParameters().All(p => p.ParameterType != typeof(CancellationToken)));
    }
}
