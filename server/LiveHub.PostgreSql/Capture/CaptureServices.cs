using LiveHub.Capture;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace LiveHub.PostgreSql.Capture;

/// <summary>The application's capture, as seen from EF Core's own services.</summary>
internal static class CaptureServices
{
    /// <summary>Null where capture is not attached to the context.</summary>
    public static Saves? Of(DbContext context)
        => context.GetService<IDbContextOptions>().FindExtension<CoreOptionsExtension>()?.Interceptors?.OfType<SaveInterceptor>().FirstOrDefault()?.Saves;
}
