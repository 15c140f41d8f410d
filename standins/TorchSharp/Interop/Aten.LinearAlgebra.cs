namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator addmm = new("aten::addmm", 5);
    internal static readonly Operator addmm_ = new("aten::addmm_", 5);
    internal static readonly Operator addbmm = new("aten::addbmm", 5);
    internal static readonly Operator baddbmm = new("aten::baddbmm", 5);
    internal static readonly Operator bmm = new("aten::bmm", 2);
    internal static readonly Operator cholesky = new("aten::cholesky", 2);
    internal static readonly Operator cholesky_solve = new("aten::cholesky_solve", 3);
    internal static readonly Operator cov = new("aten::cov", 4);
    internal static readonly Operator linalg_cholesky = new("aten::linalg_cholesky", 1);
    internal static readonly Operator linalg_cholesky_ex = new("aten::linalg_cholesky_ex", 3);
    internal static readonly Operator linalg_eigh = new("aten::linalg_eigh", 2);
    internal static readonly Operator linalg_eigvalsh = new("aten::linalg_eigvalsh", 2);
    internal static readonly Operator linalg_matrix_exp = new("aten::linalg_matrix_exp", 1);
    internal static readonly Operator linalg_multi_dot = new("aten::linalg_multi_dot", 1);
    internal static readonly Operator linalg_norm = new("aten::linalg_norm", 4);
    internal static readonly Operator linalg_pinv_atol_rtol_float = new("aten::linalg_pinv.atol_rtol_float", 4);
    internal static readonly Operator linalg_slogdet = new("aten::linalg_slogdet", 1);
    internal static readonly Operator linalg_solve = new("aten::linalg_solve", 3);
    internal static readonly Operator linalg_solve_triangular = new("aten::linalg_solve_triangular", 5);
    internal static readonly Operator linalg_solve_triangular_out = new("aten::linalg_solve_triangular.out", 6);
    internal static readonly Operator linalg_svd = new("aten::linalg_svd", 2);
    internal static readonly Operator linalg_vector_norm = new("aten::linalg_vector_norm", 4);
    internal static readonly Operator matmul = new("aten::matmul", 2);
    internal static readonly Operator mm = new("aten::mm", 2);
}
