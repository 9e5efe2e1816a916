using LiveHub.Capture;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.EntityFrameworkCore;

/// <summary>Attaches LiveHub's capture to a context.</summary>
public static class LiveHubDbContextOptionsExtensions
{
    /// <summary>
    /// Captures what a context saves. <c>AddLiveHub</c> does it for contexts from dependency injection; this is for those that the
    /// application builds itself. Twice is harmless.
    /// </summary>
    /// <param name="options">The context's options.</param>
    /// <param name="services">The application's services, in which <c>AddLiveHub</c> was called for the type of the context.</param>
    /// <returns><paramref name="options"/>.</returns>
    public static DbContextOptionsBuilder UseLiveHub(this DbContextOptionsBuilder options, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var present = options.Options.FindExtension<CoreOptionsExtension>()?.Interceptors ?? [];
        var database = services.GetRequiredService<Databases>().For(options.Options.ContextType);
        database.Configure(options);
        IInterceptor[] capture =
        [
            services.GetRequiredService<SaveInterceptor>(),
            services.GetRequiredService<TransactionInterceptor>(),
            services.GetRequiredService<CommandInterceptor>(),
            .. database.Interceptors(services),
        ];
        return options.AddInterceptors(capture.Except(present));
    }
}
