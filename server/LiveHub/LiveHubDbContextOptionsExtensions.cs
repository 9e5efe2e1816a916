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
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called for the type of the context.</exception>
    public static DbContextOptionsBuilder UseLiveHub(this DbContextOptionsBuilder options, IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(services);
        var present = options.Options.FindExtension<CoreOptionsExtension>()?.Interceptors ?? [];
        var databases = services.GetRequiredService<Databases>().ForOptions(options.Options.ContextType);
        foreach (var database in databases)
        {
            database.Configure(options);
        }

        IInterceptor[] capture =
        [
            services.GetRequiredService<SaveInterceptor>(),
            services.GetRequiredService<TransactionInterceptor>(),
            services.GetRequiredService<CommandInterceptor>(),
            .. databases.SelectMany(d => d.Interceptors(services)),
        ];
        return options.AddInterceptors(capture.Except(present));
    }

    /// <summary>
    /// Captures what a context saves. <c>AddLiveHub</c> does it for contexts from dependency injection; this is for those that the
    /// application builds itself. Twice is harmless.
    /// </summary>
    /// <typeparam name="TContext">The context.</typeparam>
    /// <param name="options">The context's options.</param>
    /// <param name="services">The application's services, in which <c>AddLiveHub</c> was called for the type of the context.</param>
    /// <returns><paramref name="options"/>.</returns>
    /// <exception cref="InvalidOperationException"><c>AddLiveHub</c> was not called for the type of the context.</exception>
    public static DbContextOptionsBuilder<TContext> UseLiveHub<TContext>(this DbContextOptionsBuilder<TContext> options, IServiceProvider services)
        where TContext : DbContext
    {
        UseLiveHub((DbContextOptionsBuilder)options, services);
        return options;
    }
}
