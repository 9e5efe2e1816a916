using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace BoardSample.Api;

/// <summary>Answers every failure with problem+json: what the caller can mend as 4xx, the rest as 5xx without its innards.</summary>
internal sealed partial class Problems(ILogger<Problems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = Describe(exception);
        switch (problem.Status)
        {
            case StatusCodes.Status500InternalServerError:
                LogFailure(logger, exception, httpContext.Request.Method, httpContext.Request.Path);
                break;
            case StatusCodes.Status503ServiceUnavailable:
                LogUnavailable(logger, httpContext.Request.Method, httpContext.Request.Path, exception.GetBaseException().Message);
                break;
        }

        var extensions = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (problem.OperationIndex is { } index)
        {
            extensions["index"] = index;
        }

        await TypedResults.Problem(problem.Message, statusCode: problem.Status, extensions: extensions).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>The status and text that an exception means to the caller.</summary>
    public static ApiException Describe(Exception exception) => exception switch
    {
        ApiException e => e,
        BadHttpRequestException e => new(e.StatusCode, e.Message),
        DbUpdateConcurrencyException => new(StatusCodes.Status409Conflict, "Somebody else has changed or deleted the row meanwhile."),
        PostgresException e => Describe(e),
        NpgsqlException => new(StatusCodes.Status503ServiceUnavailable, "The database does not answer."),
        { InnerException: { } inner } => Describe(inner),
        _ => new(StatusCodes.Status500InternalServerError, "The server failed; its log says why."),
    };

    private static ApiException Describe(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.RestrictViolation => Conflict(BrokenReference(e.ConstraintName)),
        PostgresErrorCodes.UniqueViolation => Conflict($"There is such a row already ({e.ConstraintName})."),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => Conflict("Others were changing the same rows; try again."),
        PostgresErrorCodes.NotNullViolation => ApiException.BadRequest($"A value is missing ({e.ColumnName})."),
        ['2', '2', ..] => ApiException.BadRequest($"A value is out of range or too long: {e.MessageText}."),
        _ when e.IsTransient => new(StatusCodes.Status503ServiceUnavailable, "The database does not take requests now."),
        _ => new(StatusCodes.Status500InternalServerError, "The server failed; its log says why."),
    };

    /// <summary>EF names foreign keys FK_Cards_Lists_ListId; both sides of one break it: a row that refers to nothing, a delete of what others refer to.</summary>
    private static string BrokenReference(string? constraint) => constraint?.Split('_') is ["FK", var table, var target, var column]
        ? $"Every row in {table} must refer to a row in {target} by '{JsonNamingPolicy.CamelCase.ConvertName(column)}'."
        : $"Rows must refer to rows that exist ({constraint}).";

    private static ApiException Conflict(string message) => new(StatusCodes.Status409Conflict, message);

    [LoggerMessage(1, LogLevel.Error, "{Method} {Path} failed")]
    private static partial void LogFailure(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(2, LogLevel.Warning, "{Method} {Path} failed: {Reason}")]
    private static partial void LogUnavailable(ILogger logger, string method, string path, string reason);
}
