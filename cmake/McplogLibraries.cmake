# Finds the libraries of the distribution through pkg-config and gathers them in the target mcplog_libraries. All missing ones
# are named at once, with the package to install.
find_package(PkgConfig)
if(NOT PKG_CONFIG_FOUND)
	message(FATAL_ERROR "pkg-config is missing. Debian, Ubuntu: apt install pkg-config. Or let ./quickstart install all that is needed.")
endif()

set(missing)
# mcplog_library(name "pkg-config module and version" Debian-package Fedora-package); ${name}_TARGET is what to link with. With
# MCPLOG_STATIC that is the archive where there is one, without those libraries of the system that it needs (m, and of SQLite the threads).
macro(mcplog_library name module debian fedora)
	pkg_check_modules(${name} QUIET IMPORTED_TARGET "${module}")
	set(${name}_TARGET PkgConfig::${name})
	if(NOT ${name}_FOUND)
		string(APPEND missing "\n  ${module}: Debian, Ubuntu: apt install ${debian}; Fedora: dnf install ${fedora}")
	elseif(MCPLOG_STATIC AND NOT "${name}" MATCHES "XXHASH|CMOCKA")
		list(GET ${name}_LIBRARIES 0 archive)
		find_library(${name}_ARCHIVE lib${archive}.a HINTS ${${name}_LIBDIR})
		if(${name}_ARCHIVE)
			set(${name}_TARGET ${${name}_ARCHIVE})
		else()
			message(STATUS "no lib${archive}.a: ${archive} is looked up at every start (MCPLOG_STATIC)")
		endif()
	endif()
endmacro()

mcplog_library(PCRE2 "libpcre2-8" libpcre2-dev pcre2-devel)
mcplog_library(SQLITE "sqlite3 >= 3.40" libsqlite3-dev sqlite-devel)
mcplog_library(JANSSON "jansson" libjansson-dev jansson-devel)
mcplog_library(YAML "yaml-0.1" libyaml-dev libyaml-devel)
mcplog_library(ZLIB "zlib" zlib1g-dev zlib-devel)
mcplog_library(ZSTD "libzstd" libzstd-dev libzstd-devel)
mcplog_library(XXHASH "libxxhash" libxxhash-dev xxhash-devel)
mcplog_library(UTF8PROC "libutf8proc" libutf8proc-dev utf8proc-devel)
if(MCPLOG_TESTS)
	mcplog_library(CMOCKA "cmocka" libcmocka-dev libcmocka-devel)
endif()
if(missing)
	message(FATAL_ERROR "Libraries are missing (or too old):${missing}\nOr let ./quickstart install all of them. (-DMCPLOG_TESTS=OFF builds without cmocka.)")
endif()

add_library(mcplog_libraries INTERFACE)
# SQLite first: most of what the loader looks up at a start are symbols of SQLite, and it asks the libraries in this order. Of xxHash only
# the header is wanted (base/hash.c).
target_link_libraries(mcplog_libraries INTERFACE ${SQLITE_TARGET} ${PCRE2_TARGET} ${JANSSON_TARGET} ${YAML_TARGET} ${ZLIB_TARGET}
	${ZSTD_TARGET} ${UTF8PROC_TARGET} m)
foreach(name SQLITE PCRE2 JANSSON YAML ZLIB ZSTD XXHASH UTF8PROC)
	target_include_directories(mcplog_libraries SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
endforeach()
